-- Rows of the tables that the demo fills.
SELECT 'raw.Visit', count(*) FROM raw.Visit
UNION ALL SELECT 'raw.VisitDetector', count(*) FROM raw.VisitDetector
UNION ALL SELECT 'raw.Source', count(*) FROM raw.Source
UNION ALL SELECT 'raw.ForcedSource', count(*) FROM raw.ForcedSource
UNION ALL SELECT 'raw.ReferenceStar', count(*) FROM raw.ReferenceStar
UNION ALL SELECT 'calibration.PhotoCalib', count(*) FROM calibration.PhotoCalib
UNION ALL SELECT 'dr1.Visit', count(*) FROM dr1.Visit
UNION ALL SELECT 'dr1.VisitDetector', count(*) FROM dr1.VisitDetector
UNION ALL SELECT 'dr1.Object', count(*) FROM dr1.Object
UNION ALL SELECT 'dr1.Source', count(*) FROM dr1.Source
UNION ALL SELECT 'dr1.ForcedSource', count(*) FROM dr1.ForcedSource
