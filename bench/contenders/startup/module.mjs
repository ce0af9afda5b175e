// As module.ts, without types.
export function summarise(numbers) {
  const count = numbers.length;
  const mean = numbers.reduce((sum, number) => sum + number, 0) / count;
  const squares = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
  return { count, mean, deviation: Math.sqrt(squares / count) };
}
