#!/usr/bin/env bash
source examples/kafka-broker.sh

millrace kafka-windows clicks.sql
millrace kafka-windows query.sql
millrace kafka-windows counts.sql
