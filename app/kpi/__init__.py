"""The pure core: what happened to tickets becomes KPIs. No Kafka, no Faust, no clock, no I/O."""
