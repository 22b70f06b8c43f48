#!/usr/bin/env bash
source examples/kafka-broker.sh

millrace kafka-tables write.sql
millrace kafka-tables read.sql
