-- Writes the fits in pg_temp.motion to the objects in pg_temp.motion_object, NULL where there is none.
--
-- Returns the number of objects that have a fit. Rows that say so already are left alone.
CREATE OR REPLACE FUNCTION association.store_motions(
    release_name text, table_name text, id_name text, lo bigint, hi bigint
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
AS $$
BEGIN
    EXECUTE format(
        $update$
        UPDATE %1$I.%2$I AS o SET (
            pmRa, pmRaErr, pmDec, pmDecErr, parallax, parallaxErr,
            pmRa_pmDec_Cov, pmRa_parallax_Cov, pmDec_parallax_Cov, pmParallaxChi2, pmParallaxNdata
        ) = (f.u, f.uErr, f.v, f.vErr, f.p, f.pErr, f.uv, f.up, f.vp, f.chi2, f.ndata)
        FROM (
            SELECT
                n.id, m.u::real, sqrt(m.uu)::real AS uErr, m.v::real, sqrt(m.vv)::real AS vErr,
                m.p::real, sqrt(m.pp)::real AS pErr, m.uv::real, m.up::real, m.vp::real,
                m.chi2::real, m.ndata
            FROM pg_temp.motion_object AS n
            LEFT JOIN pg_temp.motion AS m USING (id)
        ) AS f
        WHERE o.%3$I = f.id AND o.%3$I >= $1 AND o.%3$I < $2
            AND (
                o.pmRa, o.pmRaErr, o.pmDec, o.pmDecErr, o.parallax, o.parallaxErr, o.pmRa_pmDec_Cov,
                o.pmRa_parallax_Cov, o.pmDec_parallax_Cov, o.pmParallaxChi2, o.pmParallaxNdata
            ) IS DISTINCT FROM (
                f.u, f.uErr, f.v, f.vErr, f.p, f.pErr, f.uv, f.up, f.vp, f.chi2, f.ndata
            )
        $update$,
        release_name, table_name, id_name
    ) USING lo, hi;
    RETURN (SELECT count(*) FROM pg_temp.motion);
END
$$;

COMMENT ON FUNCTION association.store_motions(text, text, text, bigint, bigint) IS
    'Writes proper motions and parallaxes of pg_temp.motion to the rows in [lo, hi) of a release''s table of objects (names in lower case), NULL where there is no fit. Returns the number of fits.';
