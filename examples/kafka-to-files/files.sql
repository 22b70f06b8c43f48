CREATE TABLE files (user STRING, url STRING, at TIMESTAMP) USING json OPTIONS (path '${folder}/clicks');
SELECT * FROM files ORDER BY at;
