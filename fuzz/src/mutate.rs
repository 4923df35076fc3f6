//! Mutations of inputs, the same for the same seed.

use llm_tensor::testing::Random;

/// The longest input that mutation makes.
const MAX_LEN: usize = 1 << 20;

/// A mutation of one of `seeds`, one to four changes away from it. `words` may get into it.
pub fn mutate(random: &mut Random, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut data = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        change(random, &mut data, seeds, words);
    }
    data.truncate(MAX_LEN);
    data
}

fn change(random: &mut Random, data: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
    // The beginning says what the rest means, so half of all changes hit there.
    let span = if random.below(2) == 0 { data.len().min(4096) } else { data.len() };
    let at = random.below(span + 1);
    let len = (1 + random.below(16)).min(data.len() - at);
    match random.below(9) {
        // A bit.
        0 if at < data.len() => data[at] ^= 1 << random.below(8),
        // A byte.
        1 if at < data.len() => data[at] = random.bits() as u8,
        // A number at one of the edges where arithmetic goes wrong.
        2 => {
            let number = edge(random).to_le_bytes();
            let len = [1, 4, 8][random.below(3)].min(data.len() - at);
            data[at..at + len].copy_from_slice(&number[..len]);
        }
        3 => drop(data.drain(at..at + len)),
        // The same once more.
        4 => {
            let copy = data[at..at + len].to_vec();
            data.splice(at..at, copy);
        }
        5 => drop(data.splice(at..at + len, words[random.below(words.len())].bytes())),
        6 => drop(data.splice(at..at, words[random.below(words.len())].bytes())),
        // The head of this and the tail of another.
        7 => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            data.truncate(at);
            data.extend_from_slice(&other[from..]);
        }
        _ => data.truncate(at),
    }
}

/// Powers of two and their neighbours, of any size and sign.
fn edge(random: &mut Random) -> u64 {
    let power = 1_u64 << random.below(64);
    match random.below(5) {
        0 => power,
        1 => power - 1,
        2 => power.wrapping_neg(),
        3 => power + 1,
        _ => random.below(5) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_mutations_and_another_one_others() {
        let seeds = [b"some text to begin with".to_vec(), Vec::new()];
        let all = |seed| -> Vec<Vec<u8>> {
            let mut random = Random::new(seed);
            (0..50).map(|_| mutate(&mut random, &seeds, &["word"])).collect()
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        assert!(all(1).iter().filter(|data| !seeds.contains(data)).count() > 25);
    }
}
