"""The marks from Python: concurrent.futures, multiprocessing.Pool.map, and one thread.

Usage: bench.py '{"case": ..., "way": ..., "workers": N, "load": {...}}'; prints one line of JSON.
"""

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

SEED = 20_000


def random_integers(count, low, high, seed):
    """The numbers that harness/random.ts draws: mulberry32."""
    mask = 0xFFFFFFFF
    state = seed & mask
    width = high - low + 1
    numbers = []
    for _ in range(count):
        state = (state + 0x6D2B79F5) & mask
        mixed = ((state ^ (state >> 15)) * (state | 1)) & mask
        mixed ^= (mixed + (((mixed ^ (mixed >> 7)) * (mixed | 61)) & mask)) & mask
        numbers.append(low + (((mixed ^ (mixed >> 14)) & mask) % width))
    return numbers


def add(a, b):
    return a + b


def echo(value):
    return value


def increment(value):
    return value + 1


def factorise(value):
    """Prime factors by trial division, as work.ts does it."""
    factors = []
    while value % 2 == 0:
        factors.append(2)
        value //= 2
    divisor = 3
    while divisor * divisor <= value:
        while value % divisor == 0:
            factors.append(divisor)
            value //= divisor
        divisor += 2
    if value > 1:
        factors.append(value)
    return factors


def factorise_all(values):
    return [factorise(value) for value in values]


def now_us():
    return time.perf_counter_ns() / 1000


def round_trip(pool, load):
    until = now_us() + load["warmUpMs"] * 1000
    while now_us() < until:
        assert pool.submit(add, 1, 2).result() == 3
    samples = []
    until = now_us() + load["forMs"] * 1000
    while len(samples) < load["samples"] and now_us() < until:
        start = now_us()
        assert pool.submit(add, 1, 2).result() == 3
        samples.append(now_us() - start)
    samples.sort()
    return {"p50": samples[len(samples) // 2], "p99": samples[len(samples) * 99 // 100]}


def burst(pool, load):
    def once():
        answers = [pool.submit(add, index, 1) for index in range(load["inFlight"])]
        assert sum(answer.result() for answer in answers) == load["inFlight"] * (load["inFlight"] + 1) // 2

    until = now_us() + load["warmUpMs"] * 1000
    while now_us() < until:
        once()
    tasks = 0
    start = now_us()
    while now_us() < start + load["forMs"] * 1000:
        once()
        tasks += load["inFlight"]
    return {"rate": tasks * 1e6 / (now_us() - start)}


def executor_case(case, way, workers, load):
    kind = ThreadPoolExecutor if way == "threads" else ProcessPoolExecutor
    with kind(max_workers=workers) as pool:
        return {"metrics": round_trip(pool, load) if case == "round-trip" else burst(pool, load), "checks": {}}


def increments(workers, load):
    with multiprocessing.Pool(workers) as pool:
        pool.map(increment, range(10_000))
        start = now_us()
        results = pool.map(increment, range(load["items"]))
        elapsed = now_us() - start
    return {"metrics": {"ms": elapsed / 1000}, "checks": {f"increment of {len(results)}": sum(results)}}


def factorisations(way, workers, load):
    """One thread, ten batches on processes, or Pool.map with automatic chunks; on as many items as half a minute allows."""
    items = load["items"]
    count = min(items, load["pythonItems"])
    numbers = random_integers(count, 20_000, 100_000_000, SEED)
    if way == "sequential":
        start = now_us()
        results = factorise_all(numbers)
        elapsed = now_us() - start
    else:
        with multiprocessing.Pool(workers) as pool:
            pool.map(increment, range(workers))
            start = now_us()
            if way == "batches":
                size = -(-count // 10)
                batches = [numbers[at : at + size] for at in range(0, count, size)]
                results = [factors for batch in pool.map(factorise_all, batches, 1) for factors in batch]
            else:
                results = pool.map(factorise, numbers)
            elapsed = now_us() - start
    answer = {
        "metrics": {"ms": elapsed / 1000 * items / count},
        "checks": {f"factorise of {count}": sum(sum(factors) for factors in results)},
    }
    if count != items:
        answer["scaled"] = f"measured on {count:,} of {items:,} items"
    return answer


def imap(way, workers, load):
    """pyperformance's bench_mp_pool and bench_thread_pool: the start and the end of the pool included."""
    kind = multiprocessing.Pool if way == "mp-pool" else ThreadPool
    times = []
    until = now_us() + load["forMs"] * 1000
    while not times or now_us() < until:
        start = now_us()
        with kind(workers) as pool:
            results = list(pool.imap(echo, range(load["items"]), load["chunk"]))
        times.append((now_us() - start) / 1000)
        assert results == list(range(load["items"]))
    times.sort()
    return {"metrics": {"ms": times[len(times) // 2]}, "checks": {}}


KINDS = ("none", "io", "memoization", "cpu_io_mixed")


def async_tree(load):
    """pyperformance's async_tree with task groups; the second run counts, as in the other languages."""
    import asyncio
    import math

    kind, branches = KINDS[load["kind"]], load["branches"]

    async def leaf(random, cached):
        if kind == "io":
            await asyncio.sleep(0.05)
        elif kind == "memoization":
            key = next(random) % 100
            if key < 90 and cached:
                return
            if key < 90:
                cached.append(key)
            await asyncio.sleep(0.05)
        elif kind == "cpu_io_mixed":
            if next(random) % 2 == 0:
                math.factorial(500)
            else:
                await asyncio.sleep(0.05)

    async def grow(levels, random, cached):
        if levels == 0:
            return await leaf(random, cached)
        async with asyncio.TaskGroup() as group:
            for _ in range(branches):
                group.create_task(grow(levels - 1, random, cached))

    def run():
        random = iter(random_integers(branches ** load["levels"], 0, 2**32 - 1, 0))
        start = now_us()
        asyncio.run(grow(load["levels"], random, []))
        return (now_us() - start) / 1000

    run()
    return {"metrics": {"ms": run()}, "checks": {}}


def main():
    order = json.loads(sys.argv[1])
    case, way, workers, load = order["case"], order["way"], order["workers"], order["load"]
    if case == "map":
        answer = increments(workers, load)
    elif case == "factorise":
        answer = factorisations(way, workers, load)
    elif case == "imap":
        answer = imap(way, workers, load)
    elif case == "async-tree":
        answer = async_tree(load)
    else:
        answer = executor_case(case, way, workers, load)
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
