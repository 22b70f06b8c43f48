#!/usr/bin/env bash
source examples/kafka-broker.sh

millrace kafka-to-files clicks.sql
millrace kafka-to-files query.sql
millrace kafka-to-files files.sql
