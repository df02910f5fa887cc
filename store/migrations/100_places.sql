-- Where the newest login of a session came from, by names alone (docs/decisions/places.md); gone with the session.
ALTER TABLE session ADD COLUMN country TEXT CHECK (country IS NULL OR length(country) BETWEEN 1 AND 120);
ALTER TABLE session ADD COLUMN country_en TEXT CHECK (country_en IS NULL OR length(country_en) BETWEEN 1 AND 120);
ALTER TABLE session ADD COLUMN city TEXT CHECK (city IS NULL OR length(city) BETWEEN 1 AND 120);
ALTER TABLE session ADD COLUMN city_en TEXT CHECK (city_en IS NULL OR length(city_en) BETWEEN 1 AND 120);
