-- Clicks as JSON into a topic, as an application would send them; one of them is not JSON.
CREATE TABLE clicks_out (key STRING, value STRING)
USING kafka OPTIONS ('kafka.bootstrap.servers' '${servers}', topic 'clicks');

INSERT INTO clicks_out VALUES
  ('ann', '{"user":"ann","url":"/home","at":"2031-03-04T12:00:05Z"}'),
  ('bob', '{"user":"bob","url":"/home","at":"2031-03-04T12:00:40Z"}'),
  ('ann', '{"user":"ann","url":"/cart","at":"2031-03-04T12:01:10Z"}'),
  ('eve', 'not JSON'),
  ('eve', '{"user":"eve","url":"/home","at":"2031-03-04T12:03:00Z"}');
