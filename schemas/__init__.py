"""The vocabulary on the wire: what Carebeat reads and writes, and nothing else.

The pydantic models here are the contract; `python -m schemas` generates `schemas/json/` from them.
One word per idea, in code, on topics, in metrics and in docs:

ticket       one matter of one customer in one channel; opened, closed, reopened
event        what happened to a ticket, at its source's instant (`occurred_at`); its id is made from the source alone
channel      where a ticket lives (`whatsapp`, `email`); `all` is all together, `other` those outside a configured list
round        from opening or reopening to closing
wait         from a customer message to the reply that ends it; several messages in a row are one wait
reply        a message to the customer; its author: agent, bot, automation, campaign or unknown; human: agent, unknown
close        the end of a round, with a reason; it settles when no reopening follows within the settle window
pause        the ticket waits for somebody else: the customer, a third party, a date
hand-over    the ticket goes from bot to human or back
subject      what a ticket is about: the field `topic` (`parent/child`), as help desks say; else a topic is Kafka's
sample       one measured duration, in the window of the event that ended it
count        how often something happened in a window
level        how many there are at an instant: open, waiting
window       a half-open span of time `[start, end)`: minute, hour, day, week, month, quarter
dimension    what a window is about besides a channel: `agent:17`, `team:billing`, `topic:orders/refund`, `tag:vip`
sketch       counts per bucket of duration, for quantiles that can be merged (`kpis.py`)
stream time  how far time has come by the log, in milliseconds that no wall clock moves; other systems say watermark
tick         a record that only says that time passes
clock        one running SLA promise of a ticket: metric, start, due
due          the instant at which a clock's target is used up
verdict      how a clock ended: met, breached or cancelled
breach       due passed without the answer; published once stream time is past due + grace
retraction   a published state is taken back, since an event read later says so
revision     a ticket or window computed anew from what is known now; the number that grows when it is published again
final        can no longer change
historic     about events that were a day old when they reached the log: recorded, never paged
dead letter  a record that was refused, with the reason
"""
