-- Sentences into a topic, as an application would send them.
CREATE TABLE sentences_out (value STRING)
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', topic 'sentences');

INSERT INTO sentences_out VALUES
  ('the owl and the pussycat went to sea'), ('in a beautiful pea green boat'), ('the owl looked up to the stars above');
