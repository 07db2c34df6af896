// What the page's signals and lists promise. The first argument is the folder of the modules.

import assert from "node:assert/strict";
import test from "node:test";

const from = (name) => import(new URL(name, process.env.MODULES));
const { batch, computed, effect, signal, untracked } = await from("signal.js");
const { staying } = await from("template.js");

test("an effect runs at once and after each change, until it is stopped", () => {
  const [seen, one] = [[], signal(1)];
  const stop = effect(() => seen.push(one.value));
  one.value = 2;
  one.value = 2;
  stop();
  one.value = 3;
  assert.deepEqual(seen, [1, 2]);
});

test("what is changed together is seen once", () => {
  const [seen, one, two] = [[], signal(1), signal(2)];
  effect(() => seen.push(one.value + two.value));
  batch(() => { one.value = 10; batch(() => { two.value = 20; }); });
  assert.deepEqual(seen, [3, 30]);
});

test("nothing is seen half changed, and nothing runs for a value that came out the same", () => {
  const [seen, worked, one] = [[], [], signal(1)];
  const isEven = computed(() => { worked.push(one.value); return one.value % 2 === 0; });
  const double = computed(() => one.value * 2);
  effect(() => seen.push(isEven.value));
  const both = [];
  effect(() => both.push([one.value, double.value]));
  one.value = 3;
  one.value = 4;
  assert.deepEqual(seen, [false, true]);
  assert.deepEqual(worked, [1, 3, 4]);
  assert.deepEqual(both, [[1, 2], [3, 6], [4, 8]]);
});

test("only what was read the last time counts", () => {
  const [seen, which, one, two] = [[], signal(true), signal("a"), signal("b")];
  effect(() => seen.push(which.value ? one.value : two.value));
  which.value = false;
  one.value = "unseen";
  two.value = "c";
  assert.deepEqual(seen, ["a", "b", "c"]);
});

test("what nobody reads any more is not kept by what it read", () => {
  const one = signal(1);
  const stop = effect(() => computed(() => computed(() => one.value).value).value);
  assert.equal(one.readers.size, 1);
  stop();
  assert.equal(one.readers.size, 0);
});

test("a computed value is right also where nobody is told of it", () => {
  const one = signal(1);
  const double = computed(() => one.value * 2);
  assert.equal(double.value, 2);
  one.value = 4;
  assert.equal(double.value, 8);
  effect(() => double.value)();
  one.value = 5;
  assert.equal(double.value, 10);
});

test("what failed once comes back with the next change, and harms nobody else", () => {
  const [seen, others, one] = [[], [], signal(1)];
  const half = computed(() => { if (one.value % 2) throw new Error("odd"); return "even"; });
  one.value = 2;
  effect(() => seen.push(half.value));
  effect(() => others.push(one.value));
  assert.throws(() => { one.value = 3; }, /odd/);
  one.value = 4;
  assert.deepEqual(seen, ["even", "even"]);
  assert.deepEqual(others, [2, 3, 4]);
});

test("an effect may change what it reads, but not for ever", () => {
  const one = signal(0);
  effect(() => { if (one.value < 5) one.value += 1; });
  assert.equal(one.value, 5);
  const two = signal(0);
  assert.throws(() => effect(() => { two.value += 1; }), /rounds/);
});

test("an effect that stops itself is told nothing more", () => {
  const [seen, one] = [[], signal(1)];
  const stop = effect(() => { seen.push(one.value); if (one.value === 2) stop(); });
  one.value = 2;
  one.value = 3;
  assert.deepEqual(seen, [1, 2]);
});

test("what is read unseen does not run anything again", () => {
  const [seen, one] = [[], signal(1)];
  effect(() => seen.push(untracked(() => one.value)));
  one.value = 2;
  assert.deepEqual(seen, [1]);
});

test("as many items stay as can", () => {
  assert.deepEqual([...staying([0, 1, 2], -1)].sort(), [0, 1, 2]);
  assert.deepEqual([...staying([2, 0, 1], -1)].sort(), [1, 2]);
  assert.deepEqual([...staying([-1, 0, -1, 1], -1)].sort(), [1, 3]);
  assert.deepEqual([...staying([], -1)], []);
});

test("an item that is held stays, whatever moves for it", () => {
  assert.deepEqual([...staying([2, 0, 1], 0)], [0]);
  assert.deepEqual([...staying([3, 0, 1, 2], 2)].sort(), [1, 2, 3]);
});
