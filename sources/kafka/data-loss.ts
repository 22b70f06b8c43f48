import { ConnectorError } from '../../engine/errors/engine-error.ts'

/** Records that a query should have read are not in Kafka any more. Text as in Spark. */
export function dataLoss(reason: string): ConnectorError {
  return new ConnectorError('KAFKA_DATA_LOSS', {
    message: `some data may have been lost because it is not available in Kafka any more: ${reason}`,
    detail:
      'Either the data was aged out by Kafka or the topic may have been deleted before all the data in the topic was processed.',
    hint: 'If you do not want the query to fail on such cases, set the source option failOnDataLoss to false.',
    parameters: { reason },
  })
}

/** Two reasons that look alike: an offset that was beyond the end, or a topic made anew. */
export function changedOffset(partition: string, from: number, to: number): string {
  return `partition ${partition} offset was changed from ${from} to ${to}; this could be either 1) a user error that the start offset is set beyond available offset when starting query, or 2) the kafka topic-partition is deleted and re-created`
}

export function unknownTopic(topic: string): ConnectorError {
  return new ConnectorError('KAFKA_TOPIC_NOT_FOUND', {
    message: `topic "${topic}" does not exist: this server does not host this topic-partition`,
    hint: 'Look at the name; Millrace creates topics only by writing to them, and only where the broker does so by itself (auto.create.topics.enable).',
    parameters: { topic },
  })
}
