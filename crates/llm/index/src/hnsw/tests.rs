use super::*;
use crate::{
    Filter, Hit, VectorIndex,
    testing::{best_scores, check, clustered, near, recall},
};
use llm_tensor::testing::{Random, kernels};
use proptest::prelude::*;

const DIMS: usize = 64;

fn small(seed: u64) -> HnswOptions {
    HnswOptions { ef_construction: 48, seed }
}

fn index_of(vectors: &[Vec<f32>], scratch: &mut Scratch) -> HnswIndex {
    let mut index = HnswIndex::new(CpuFeatures::detect(), vectors[0].len(), small(1)).unwrap();
    for (id, vector) in vectors.iter().enumerate() {
        assert_eq!(index.insert(id as u64, vector, scratch), Ok(false));
    }
    index
}

fn search(index: &HnswIndex, query: &[f32], k: usize, scratch: &mut Scratch) -> Vec<Hit> {
    index.search(query, k, 64, None, scratch).unwrap()
}

/// The mean recall of the ten nearest of what is left of some vectors.
fn mean_recall(
    index: &HnswIndex,
    vectors: &[Vec<f32>],
    queries: &[Vec<f32>],
    scratch: &mut Scratch,
) -> f32 {
    let shares = queries.iter().map(|query| {
        let hits = search(index, query, 10, scratch);
        check(&hits, query, |id| &vectors[id as usize]);
        assert!(hits.iter().all(|hit| index.contains(hit.id)));
        let left = index.ids().map(|id| &*vectors[id as usize]);
        recall(&hits, &best_scores(left, query, 10))
    });
    shares.sum::<f32>() / queries.len() as f32
}

#[test]
fn a_walk_finds_what_a_look_at_every_float_finds() {
    let (random, scratch) = (&mut Random::new(1), &mut Scratch::new());
    for (count, dims) in [(4000, DIMS), (1500, 384), (20, 32)] {
        let vectors = clustered(random, count, dims);
        let index = index_of(&vectors, scratch);
        let queries = [near(random, &vectors, 50), vectors[..20.min(count)].to_vec()].concat();
        let share = mean_recall(&index, &vectors, &queries, scratch);
        assert!(share >= 0.95, "{share} of {count}");
    }
}

#[test]
fn the_same_seed_and_order_give_the_same_bytes_on_all_kernels() {
    let (random, scratch) = (&mut Random::new(2), &mut Scratch::new());
    let vectors = clustered(random, 400, DIMS);
    let build = |cpu, seed, scratch: &mut Scratch| {
        let mut index = HnswIndex::new(cpu, DIMS, small(seed)).unwrap();
        for (id, vector) in vectors.iter().enumerate() {
            index.insert(id as u64, vector, scratch).unwrap();
            if id % 3 == 2 {
                index.remove(id as u64 / 2, scratch);
            }
        }
        index.to_bytes()
    };
    let expected = build(CpuFeatures::baseline(), 5, scratch);
    for cpu in kernels() {
        assert!(build(cpu, 5, &mut Scratch::new()) == expected, "{}", cpu.name());
    }
    assert!(build(CpuFeatures::baseline(), 6, scratch) != expected);
}

#[test]
fn removals_leave_the_rest_to_be_found_and_their_slots_are_used_again() {
    let (random, scratch) = (&mut Random::new(3), &mut Scratch::new());
    let vectors = clustered(random, 3000, DIMS);
    let mut index = index_of(&vectors[..2000], scratch);
    let queries = near(random, &vectors, 40);
    // Two thirds go, half of them whole clusters.
    for id in 0..2000 {
        if id % 3 == 0 || id * 7 % 200 < 66 {
            assert!(index.remove(id as u64, scratch));
            assert!(!index.remove(id as u64, scratch));
        }
    }
    let share = mean_recall(&index, &vectors, &queries, scratch);
    assert!(share >= 0.95, "{share} after removals");
    let wasted = index.sweep.len();
    assert!(wasted <= 2 * 2000 / 32, "{wasted} slots are wasted");
    for (id, vector) in vectors.iter().enumerate().skip(2000) {
        index.insert(id as u64, vector, scratch).unwrap();
    }
    assert!(index.vectors.slots() <= 2100, "{} slots", index.vectors.slots());
    let share = mean_recall(&index, &vectors, &queries, scratch);
    assert!(share >= 0.95, "{share} after insertions");
    // To the last, and on from there.
    for id in index.ids().collect::<Vec<_>>() {
        index.remove(id, scratch);
    }
    assert!(index.is_empty() && search(&index, &vectors[0], 3, scratch).is_empty());
    index.insert(7, &vectors[7], scratch).unwrap();
    assert_eq!(index.insert(7, &vectors[8], scratch), Ok(true), "the only one is replaced");
    assert!(search(&index, &vectors[8], 3, scratch)[0].score > 0.999);
}

#[test]
fn a_filter_finds_as_many_as_it_accepts() {
    let (random, scratch) = (&mut Random::new(4), &mut Scratch::new());
    let vectors = clustered(random, 6000, DIMS);
    let index = index_of(&vectors, scratch);
    let queries = near(random, &vectors, 10);
    let far = |id: u64| crate::testing::cosine(&vectors[id as usize], &queries[0]) < -0.1;
    let [most, half, few, three] = [
        |id: u64| !id.is_multiple_of(5),
        |id: u64| id < 3000,
        |id: u64| id.is_multiple_of(300),
        |id: u64| id.is_multiple_of(2000),
    ];
    let filters: [Filter<'_>; 6] = [&most, &half, &few, &three, &far, &|_| false];
    for (number, filter) in filters.into_iter().enumerate() {
        for query in &queries {
            let hits = index.search(query, 10, 32, Some(filter), scratch).unwrap();
            check(&hits, query, |id| &vectors[id as usize]);
            assert!(hits.iter().all(|hit| filter(hit.id)));
            let accepted = (0..6000).filter(|&id| filter(id)).map(|id| &*vectors[id as usize]);
            let best = best_scores(accepted, query, 10);
            assert_eq!(hits.len(), best.len(), "filter {number}");
            assert!(recall(&hits, &best) >= 0.6, "filter {number}: {hits:?} {best:?}");
        }
    }
}

#[test]
fn many_equals_neither_hide_each_other_nor_the_rest() {
    let (random, scratch) = (&mut Random::new(5), &mut Scratch::new());
    let others = clustered(random, 500, DIMS);
    let same = clustered(random, 1, DIMS).remove(0);
    let mut index = HnswIndex::new(CpuFeatures::detect(), DIMS, small(1)).unwrap();
    for (id, other) in others.iter().enumerate() {
        index.insert(id as u64, other, scratch).unwrap();
        if id < 200 {
            index.insert(1000 + id as u64, &same, scratch).unwrap();
        }
    }
    let hits = search(&index, &same, 200, scratch);
    let found = hits.iter().filter(|hit| hit.id >= 1000).count();
    assert!(found >= 198, "{found} of 200 equals");
    let vector_of = |id: u64| if id < 1000 { &*others[id as usize] } else { &*same };
    let mut share = 0.0;
    for query in &others[..50] {
        let hits = search(&index, query, 10, scratch);
        check(&hits, query, vector_of);
        share += recall(&hits, &best_scores(index.ids().map(vector_of), query, 10)) / 50.0;
    }
    assert!(share >= 0.95, "{share} of the others");
}

#[test]
fn few_vectors_are_all_found_linked_or_not() {
    let scratch = &mut Scratch::new();
    let vectors = clustered(&mut Random::new(6), 30, DIMS);
    let mut index = HnswIndex::new(CpuFeatures::detect(), DIMS, small(1)).unwrap();
    assert_eq!(index.search(&vectors[0], 10, 10, None, scratch), Ok(Vec::new()));
    for (id, vector) in vectors.iter().enumerate() {
        index.append(id as u64, vector, scratch).unwrap();
    }
    for linked in [0, 1, 14, 30] {
        index.link_pending(linked + index.pending() - 30, scratch);
        assert_eq!(index.pending(), 30 - linked);
        for query in &vectors {
            assert_eq!(search(&index, query, usize::MAX, scratch).len(), 30, "{linked} linked");
            assert_eq!(search(&index, query, 0, scratch), []);
        }
    }
    assert_eq!(index.insert(3, &vectors[4], scratch), Ok(true));
    index.append(5, &vectors[4], scratch).unwrap();
    assert!(index.remove(5, scratch) && index.remove(3, scratch));
    assert_eq!(search(&index, &vectors[4], 99, scratch).len(), 28);
    let flat = index.into_flat();
    assert_eq!(flat.search(&vectors[4], 99, None, scratch).unwrap().len(), 28);
}

#[test]
fn an_index_is_read_as_it_was_written_and_goes_on_like_it() {
    let (random, scratch) = (&mut Random::new(7), &mut Scratch::new());
    let vectors = clustered(random, 700, DIMS);
    let mut index = index_of(&vectors[..600], scratch);
    for id in 0..40 {
        index.remove(id, scratch);
    }
    index.append(1, &vectors[1], scratch).unwrap();
    let mut read = HnswIndex::from_bytes(CpuFeatures::detect(), &index.to_bytes()).unwrap();
    for (id, vector) in vectors.iter().enumerate().skip(600) {
        for index in [&mut index, &mut read] {
            index.insert(id as u64, vector, scratch).unwrap();
            index.remove(id as u64 - 300, scratch);
        }
        assert_eq!(search(&index, vector, 10, scratch), search(&read, vector, 10, scratch));
    }
    assert!(index.to_bytes() == read.to_bytes());
}

#[test]
fn no_damage_is_missed() {
    let scratch = &mut Scratch::new();
    let vectors = clustered(&mut Random::new(8), 20, 32);
    let mut index = index_of(&vectors, scratch);
    index.remove(3, scratch);
    index.append(30, &vectors[0], scratch).unwrap();
    let mut bytes = index.to_bytes();
    let read = |bytes: &[u8]| HnswIndex::from_bytes(CpuFeatures::detect(), bytes);
    assert!(read(&bytes).is_ok());
    for at in 0..bytes.len() {
        for bit in [1, 0x80] {
            bytes[at] ^= bit;
            assert!(read(&bytes).is_err(), "at {at}");
            bytes[at] ^= bit;
        }
        assert!(read(&bytes[..at]).is_err(), "{at} bytes");
    }
    let flat = FlatIndex::new(CpuFeatures::detect(), 32).unwrap().to_bytes();
    assert!(read(&flat).is_err());
}

/// What happens to an index.
#[derive(Clone, Debug)]
enum Change {
    Insert(u64),
    Append(u64),
    Remove(u64),
    Link(usize),
    WriteAndRead,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        8 => (0..200_u64).prop_map(Change::Insert),
        3 => (0..200_u64).prop_map(Change::Append),
        7 => (0..200_u64).prop_map(Change::Remove),
        1 => (0..5_usize).prop_map(Change::Link),
        1 => Just(Change::WriteAndRead),
    ];
    prop::collection::vec(change, 1..400)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_changes_leave_the_nearest_to_be_found(changes in changes(), seed in 0_u64..1000) {
        let (random, scratch) = (&mut Random::new(seed), &mut Scratch::new());
        // More vectors than numbers: a number's vector changes.
        let pool = clustered(random, 300, DIMS);
        let mut index = HnswIndex::new(CpuFeatures::detect(), DIMS, small(seed)).unwrap();
        let mut kept: Vec<Option<usize>> = [None; 200].to_vec();
        for change in &changes {
            match *change {
                Change::Insert(id) | Change::Append(id) => {
                    let vector = random.below(pool.len());
                    let had = kept[id as usize].replace(vector).is_some();
                    let is_insert = matches!(change, Change::Insert(_));
                    let replaced = if is_insert {
                        index.insert(id, &pool[vector], scratch)
                    } else {
                        index.append(id, &pool[vector], scratch)
                    };
                    prop_assert_eq!(replaced, Ok(had));
                }
                Change::Remove(id) => {
                    let had = kept[id as usize].take().is_some();
                    prop_assert_eq!(index.remove(id, scratch), had);
                }
                Change::Link(count) => {
                    index.link_pending(count, scratch);
                }
                Change::WriteAndRead => {
                    let bytes = index.to_bytes();
                    index = HnswIndex::from_bytes(CpuFeatures::detect(), &bytes).unwrap();
                }
            }
        }
        let left: Vec<u64> = (0..200).filter(|&id| kept[id as usize].is_some()).collect();
        prop_assert!(index.ids().eq(left.iter().copied()));
        let vector_of = |id: u64| &*pool[kept[id as usize].expect("only what is kept is found")];
        let mut share = 0.0;
        for query in &pool[..20] {
            let hits = index.search(query, 10, 32, None, scratch).unwrap();
            check(&hits, query, vector_of);
            let best = best_scores(left.iter().map(|&id| vector_of(id)), query, 10);
            prop_assert_eq!(hits.len(), best.len());
            share += recall(&hits, &best) / 20.0;
        }
        prop_assert!(share >= 0.9, "{} of {}", share, left.len());
    }

    #[test]
    fn bytes_of_any_kind_are_no_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..4000, byte: u8,
    ) {
        let cpu = CpuFeatures::detect();
        prop_assert!(VectorIndex::from_bytes(cpu, &bytes).is_err());
        // Fields that are wrong, under a checksum that is right.
        let (random, scratch) = (&mut Random::new(9), &mut Scratch::new());
        let vectors = clustered(random, 12, 32);
        let mut index = index_of(&vectors, scratch);
        index.remove(2, scratch);
        let mut bytes = index.to_bytes();
        let content = bytes.len() - 8;
        bytes[16 + at % (content - 16)] = byte;
        let sum = crate::bytes::checksum(&bytes[..content]);
        bytes[content..].copy_from_slice(&sum.to_le_bytes());
        if let Ok(mut index) = HnswIndex::from_bytes(cpu, &bytes) {
            let query = [1.0; 32];
            prop_assert!(index.search(&query, 5, 8, None, scratch).unwrap().len() <= 12);
            index.insert(99, &query, scratch).unwrap();
            for id in 0..12 {
                index.remove(id, scratch);
            }
        }
    }
}
