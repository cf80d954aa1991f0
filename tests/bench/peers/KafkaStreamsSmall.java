import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Properties;
import java.util.UUID;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The small job on Kafka Streams: in-memory stores with changelogs, caching on, one thread. BOOTSTRAP TOPIC EVENTS FOLDER */
public final class KafkaStreamsSmall {
    private static final long MINUTE_MS = 60_000;
    private static final JsonFactory JSON = new JsonFactory();

    /** Counts events; prints the figures of the steady part and ends the process. */
    private static final class Steady {
        private final long first;
        private final long last;
        private long count;
        private long beganCount;
        private long beganNanos;
        private long beganCpuNanos;

        Steady(long events) {
            first = Math.round(events * 0.15);
            last = Math.round(events * 0.85);
        }

        void add() {
            count++;
            if (count == first) {
                beganCount = count;
                beganNanos = System.nanoTime();
                beganCpuNanos = cpuNanos();
            } else if (count == last) {
                System.out.printf(java.util.Locale.ROOT, "{\"events\": %d, \"seconds\": %.6f, \"cpu_seconds\": %.6f}%n",
                    count - beganCount, (System.nanoTime() - beganNanos) / 1e9, (cpuNanos() - beganCpuNanos) / 1e9);
                System.out.flush();
                Runtime.getRuntime().halt(0);
            }
        }

        /** Of all threads of this process: the collector and the compiler work for the job too. */
        private static long cpuNanos() {
            return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
        }
    }

    private static final class Longs implements Serializer<long[]>, Deserializer<long[]> {
        @Override
        public byte[] serialize(String topic, long[] values) {
            if (values == null) {
                return null;
            }
            ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES * values.length);
            buffer.asLongBuffer().put(values);
            return buffer.array();
        }

        @Override
        public long[] deserialize(String topic, byte[] bytes) {
            if (bytes == null) {
                return null;
            }
            long[] values = new long[bytes.length / Long.BYTES];
            ByteBuffer.wrap(bytes).asLongBuffer().get(values);
            return values;
        }

        @Override
        public void configure(java.util.Map<String, ?> configuration, boolean isKey) { }

        @Override
        public void close() { }
    }

    private static final class Job implements Processor<String, byte[], Void, Void> {
        private final Steady steady;
        private KeyValueStore<String, long[]> conversations;
        private KeyValueStore<String, long[]> sums;

        Job(Steady steady) {
            this.steady = steady;
        }

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            conversations = context.getStateStore("conversations");
            sums = context.getStateStore("sums");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            String type = null;
            String channel = null;
            String id = null;
            String occurredAt = null;
            try (JsonParser parser = JSON.createParser(record.value())) {
                parser.nextToken();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String field = parser.currentName();
                    if (parser.nextToken() == JsonToken.START_OBJECT) {
                        parser.skipChildren();
                        continue;
                    }
                    switch (field) {
                        case "type" -> type = parser.getText();
                        case "channel" -> channel = parser.getText();
                        case "conversation_id" -> id = parser.getText();
                        case "occurred_at" -> occurredAt = parser.getText();
                        default -> { }
                    }
                }
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
            include(type, channel, id, Instant.parse(occurredAt).toEpochMilli());
            steady.add();
        }

        private void include(String type, String channel, String id, long atMs) {
            long[] conversation = conversations.get(id);
            if (conversation == null) {
                conversation = new long[] {atMs, 0, 0, 0};
            }
            String place = channel + "|" + (atMs - atMs % MINUTE_MS);
            long[] sum = sums.get(place);
            if (sum == null) {
                sum = new long[7];
            }
            boolean closes = false;
            switch (type) {
                case "message_received" -> {
                    conversation[2]++;
                    if (conversation[1] == 0) {
                        conversation[1] = atMs;
                    }
                    sum[0]++;
                }
                case "reply_sent" -> {
                    conversation[3]++;
                    sum[1]++;
                    if (conversation[1] != 0) {
                        sum[3]++;
                        sum[4] += atMs - conversation[1];
                        conversation[1] = 0;
                    }
                }
                default -> {
                    sum[2]++;
                    sum[5]++;
                    sum[6] += atMs - conversation[0];
                    closes = true;
                }
            }
            if (closes) {
                conversations.delete(id);
            } else {
                conversations.put(id, conversation);
            }
            sums.put(place, sum);
        }
    }

    public static void main(String[] arguments) {
        Properties settings = new Properties();
        settings.put("application.id", "streams-" + UUID.randomUUID());
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("auto.offset.reset", "earliest");
        settings.put("state.dir", Path.of(arguments[3]).toString());
        settings.put("commit.interval.ms", "1000");
        settings.put("num.stream.threads", "1");
        settings.put("statestore.cache.max.bytes", String.valueOf(512 << 20));
        settings.put("max.poll.records", "5000");
        settings.put("max.partition.fetch.bytes", String.valueOf(4 << 20));
        settings.put("batch.size", "512000");
        Serde<long[]> longs = Serdes.serdeFrom(new Longs(), new Longs());
        Steady steady = new Steady(Long.parseLong(arguments[2]));
        Topology topology = new Topology();
        topology.addSource("events", new StringDeserializer(), new ByteArrayDeserializer(), arguments[1]);
        topology.addProcessor("job", () -> new Job(steady), "events");
        for (String name : new String[] {"conversations", "sums"}) {
            topology.addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.String(), longs).withCachingEnabled(), "job");
        }
        new KafkaStreams(topology, settings).start();
    }
}
