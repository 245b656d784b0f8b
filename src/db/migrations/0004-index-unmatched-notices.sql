-- Kept notices are looked through whenever records may have arrived.
create index notices_unmatched on notices (number) where state = 'unmatched';
