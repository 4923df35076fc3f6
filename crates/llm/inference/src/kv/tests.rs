//! The arena against a simple model of it.

use super::{KvArena, PAGE_TOKENS, PageTable};
use alloc::{collections::BTreeSet, vec::Vec};
use llm_tensor::{half::f16_to_f32, testing::Random};

const LAYERS: usize = 2;
const KV_HEADS: usize = 2;
const HEAD_DIM: usize = 4;
const PAGES: usize = 12;

fn arena() -> KvArena {
    KvArena::new(LAYERS, KV_HEADS, HEAD_DIM, PAGES).expect("a little memory")
}

/// A table and what was stored at its positions.
#[derive(Default)]
struct Written {
    table: PageTable,
    marks: Vec<f32>,
}

fn row(mark: f32, layer: usize, sign: f32) -> Vec<f32> {
    (0..KV_HEADS * HEAD_DIM).map(|index| sign * (mark + (10 * layer + index) as f32)).collect()
}

impl Written {
    fn extend(&mut self, arena: &mut KvArena, marks: impl Iterator<Item = f32>) {
        let first = self.marks.len();
        self.marks.extend(marks);
        arena.make_writable(&mut self.table, &(first..self.marks.len()));
        for position in first..self.marks.len() {
            let mark = self.marks[position];
            for layer in 0..LAYERS {
                let (keys, values) = (row(mark, layer, 1.0), row(mark, layer, -1.0));
                arena.store(layer, &self.table, position, &keys, &values);
            }
        }
    }

    fn fork(&self, arena: &mut KvArena) -> Self {
        let len = self.marks.len();
        Self { table: arena.fork(&self.table, len), marks: self.marks.clone() }
    }

    fn truncate(&mut self, arena: &mut KvArena, len: usize) {
        self.marks.truncate(len);
        arena.trim(&mut self.table, self.marks.len());
    }

    /// Everything reads as it was stored.
    fn check(&self, arena: &KvArena) {
        for (position, &mark) in self.marks.iter().enumerate() {
            for (layer, head) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let cached = arena.head(layer, &self.table, head);
                let page = cached.pages[position / PAGE_TOKENS] as usize;
                let start = (page * KV_HEADS + head) * HEAD_DIM * PAGE_TOKENS;
                let slot = position % PAGE_TOKENS;
                for index in 0..HEAD_DIM {
                    let expected = mark + (10 * layer + head * HEAD_DIM + index) as f32;
                    let key = cached.keys[start + index * PAGE_TOKENS + slot];
                    let value = cached.values[start + slot * HEAD_DIM + index];
                    assert_eq!(f16_to_f32(key), expected, "key at {position}");
                    assert_eq!(f16_to_f32(value), -expected, "value at {position}");
                }
            }
        }
    }
}

#[test]
fn random_forks_and_truncations_leak_nothing_and_touch_nobody_else() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let mut arena = arena();
        let mut all: Vec<Written> = Vec::new();
        let mut next_mark = 0.0;
        for _ in 0..120 {
            let choice = random.below(10);
            let picked = if all.is_empty() { None } else { Some(random.below(all.len())) };
            match (choice, picked) {
                (0, _) | (_, None) => all.push(Written::default()),
                (1 | 2, Some(index)) => {
                    let fork = all[index].fork(&mut arena);
                    all.push(fork);
                }
                (3, Some(index)) => {
                    let len = random.below(all[index].marks.len() + 1);
                    all[index].truncate(&mut arena, len);
                }
                (4, Some(index)) => all.swap_remove(index).truncate(&mut arena, 0),
                (_, Some(index)) => {
                    let written = &mut all[index];
                    let first = written.marks.len();
                    let range = first..first + random.below(50);
                    let needed = arena.pages_needed(&written.table, &range, [].into_iter());
                    if needed > arena.free_pages() {
                        continue;
                    }
                    let free = arena.free_pages();
                    let marks = range.map(|_| {
                        next_mark = if next_mark > 1900.0 { 1.0 } else { next_mark + 1.0 };
                        next_mark
                    });
                    written.extend(&mut arena, marks);
                    assert_eq!(arena.free_pages(), free - needed, "as many as were announced");
                }
            }
            let listed: BTreeSet<u32> =
                all.iter().flat_map(|written| written.table.pages()).copied().collect();
            assert_eq!(arena.free_pages(), PAGES - listed.len());
            all.iter().for_each(|written| written.check(&arena));
        }
        for mut written in all {
            written.truncate(&mut arena, 0);
        }
        assert_eq!(arena.free_pages(), PAGES);
    }
}

#[test]
fn of_the_holders_of_a_page_the_last_one_need_not_copy_it() {
    let mut arena = arena();
    let mut parent = Written::default();
    parent.extend(&mut arena, (0..40).map(|mark| mark as f32));
    let fork = parent.fork(&mut arena);
    assert_eq!(arena.free_pages(), PAGES - 2);
    let range = 40..41;
    assert_eq!(arena.pages_needed(&parent.table, &range, [].into_iter()), 1);
    let before = [(&parent.table, &range)];
    assert_eq!(arena.pages_needed(&fork.table, &range, before.into_iter()), 0);
    assert_eq!(arena.pages_needed(&fork.table, &(40..65), before.into_iter()), 1);
}

#[test]
fn memory_is_written_only_as_pages_are_taken() {
    let mut arena = arena();
    let mut written = Written::default();
    assert!(arena.head(1, &written.table, 0).keys.is_empty());
    written.extend(&mut arena, [1.0].into_iter());
    let taken = arena.head(1, &written.table, 0).keys.len();
    assert_eq!(taken, KV_HEADS * HEAD_DIM * PAGE_TOKENS);
}

#[test]
fn more_pages_than_can_be_addressed_are_refused() {
    assert!(KvArena::new(LAYERS, KV_HEADS, HEAD_DIM, usize::MAX).is_err());
}
