-- The Yahoo streaming benchmark: views, joined with the table of campaigns, counted per campaign in each 10 seconds.
SELECT window.end AS at, c.campaign_id, count(*) AS views
FROM (SELECT ad_id, event_time FROM ad_event WHERE event_type = 'view') e JOIN campaign c ON e.ad_id = c.ad_id
GROUP BY window(event_time, '10 seconds'), c.campaign_id
