"""The way in: signed webhooks become events on Kafka, or in the spool while Kafka does not answer."""
