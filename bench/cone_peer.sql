-- Fills the peer's table from the partitioned one, and gives both their statistics.
CREATE TABLE bench_cone.plain AS
SELECT * FROM bench_cone.source ORDER BY q3c_ang2ipix(ra, dec);

CREATE INDEX plain_q3c ON bench_cone.plain (q3c_ang2ipix(ra, dec));
