#!/usr/bin/env bash
source examples/kafka-broker.sh

millrace kafka-avro clicks.sql
millrace kafka-avro query.sql
