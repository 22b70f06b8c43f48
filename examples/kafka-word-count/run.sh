#!/usr/bin/env bash
source examples/kafka-broker.sh

millrace kafka-word-count words.sql
millrace kafka-word-count query.sql
millrace kafka-word-count counts.sql
