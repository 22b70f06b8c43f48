-- Clicks as JSON into a topic, as an application would send them; one comes a little late.
CREATE TABLE clicks_out (value STRING)
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', topic 'clicks');

INSERT INTO clicks_out VALUES
  ('{"page":"/home","at":"2031-03-04T12:00:05Z"}'),
  ('{"page":"/cart","at":"2031-03-04T12:00:20Z"}'),
  ('{"page":"/home","at":"2031-03-04T12:01:03Z"}'),
  ('{"page":"/home","at":"2031-03-04T12:00:58Z"}'),
  ('{"page":"/cart","at":"2031-03-04T12:05:00Z"}');
