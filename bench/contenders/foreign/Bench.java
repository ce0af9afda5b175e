import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;

/**
 * The marks of the dispatch suite from Java: the same cases, on its two executors.
 *
 * Usage: java Bench.java CASE fixed|forkjoin WORKERS name=value... ; prints one line of JSON.
 */
public final class Bench {
  private static final Map<String, Integer> load = new HashMap<>();

  public static void main(String[] args) throws Exception {
    int workers = Integer.parseInt(args[2]);
    for (int index = 3; index < args.length; index++) {
      String[] pair = args[index].split("=");
      load.put(pair[0], Integer.parseInt(pair[1]));
    }
    ExecutorService pool = args[1].equals("fixed") ? Executors.newFixedThreadPool(workers) : new ForkJoinPool(workers);
    try {
      System.out.println(args[0].equals("round-trip") ? roundTrip(pool) : burst(pool));
    } finally {
      pool.shutdown();
    }
  }

  private static long nowUs() {
    return System.nanoTime() / 1000;
  }

  private static void addOnce(ExecutorService pool, int a, int b) throws Exception {
    int sum = pool.submit(() -> a + b).get();
    if (sum != a + b) throw new IllegalStateException("wrong sum " + sum);
  }

  private static String roundTrip(ExecutorService pool) throws Exception {
    int most = load.get("samples");
    long warmUntil = nowUs() + 1000L * load.get("warmUpMs");
    while (nowUs() < warmUntil) addOnce(pool, 1, 2);
    double[] samples = new double[most];
    long until = nowUs() + 1000L * load.get("forMs");
    int count = 0;
    while (count < most && nowUs() < until) {
      long start = System.nanoTime();
      addOnce(pool, 1, 2);
      samples[count++] = (System.nanoTime() - start) / 1000.0;
    }
    Arrays.sort(samples, 0, count);
    return "{\"metrics\":{\"p50\":" + samples[count / 2] + ",\"p99\":" + samples[count * 99 / 100] + "},\"checks\":{}}";
  }

  private static long burstOnce(ExecutorService pool, int inFlight) throws Exception {
    List<Future<Integer>> answers = new ArrayList<>(inFlight);
    for (int index = 0; index < inFlight; index++) {
      int value = index;
      answers.add(pool.submit(() -> value + 1));
    }
    long sum = 0;
    for (Future<Integer> answer : answers) sum += answer.get();
    if (sum != (long) inFlight * (inFlight + 1) / 2) throw new IllegalStateException("wrong sum " + sum);
    return inFlight;
  }

  private static String burst(ExecutorService pool) throws Exception {
    int inFlight = load.get("inFlight");
    long warmUntil = nowUs() + 1000L * load.get("warmUpMs");
    while (nowUs() < warmUntil) burstOnce(pool, inFlight);
    long start = nowUs();
    long until = start + 1000L * load.get("forMs");
    long tasks = 0;
    while (nowUs() < until) tasks += burstOnce(pool, inFlight);
    return "{\"metrics\":{\"rate\":" + tasks * 1e6 / (nowUs() - start) + "},\"checks\":{}}";
  }
}
