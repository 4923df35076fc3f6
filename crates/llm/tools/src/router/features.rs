//! What the words of a request say of the tool it needs: numbers for the classifier, beside the
//! vector of its meaning, which loses names, symbols and the form of a sentence.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};
use llm_memory::words::hash;

/// How many numbers [`word_features`] gives.
pub const WORD_FEATURES: usize = 1024;

/// Each word and each pair of neighbours has a place that its hash chooses (Weinberger et al. 2009);
/// the vector has length 1. Numbers, addresses and names of files are replaced by what they are.
pub fn word_features(request: &str) -> Vec<f32> {
    let mut features = vec![0.0_f32; WORD_FEATURES];
    let words = words(request);
    for word in &words[1..words.len() - 1] {
        features[place(&[word])] += 1.0;
    }
    for pair in words.windows(2) {
        features[place(&[&pair[0], &pair[1]])] += 1.0;
    }
    let square: f32 = features.iter().map(|x| x * x).sum();
    if square > 0.0 {
        let scale = 1.0 / libm::sqrtf(square);
        features.iter_mut().for_each(|x| *x *= scale);
    }
    features
}

/// The words of a request in lower case, between marks of its beginning and its end; symbols are
/// words of their own.
fn words(request: &str) -> Vec<String> {
    let mut words = vec!["^".to_string()];
    // Longer requests are pasted text, whose beginning says what is wanted.
    for chunk in request.split_whitespace().take(200) {
        let chunk = chunk.to_lowercase();
        match kind(&chunk) {
            Some(kind) => words.push(kind.into()),
            None => split(&chunk, &mut words),
        }
    }
    words.push("$".into());
    words
}

/// What an unspaced chunk is, where it is more than a word.
fn kind(chunk: &str) -> Option<&'static str> {
    const FILE_ENDINGS: [&str; 18] = [
        "txt", "md", "csv", "json", "log", "toml", "cfg", "ini", "html", "htm", "rs", "py", "js",
        "rhai", "wasm", "xml", "yaml", "yml",
    ];
    const DOMAINS: [&str; 14] = [
        "com", "org", "net", "io", "de", "dev", "gov", "edu", "uk", "fr", "ch", "eu", "info", "rs",
    ];
    let chunk = chunk.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
    if chunk.starts_with("http://") || chunk.starts_with("https://") {
        return Some("URL");
    }
    let is_name = |part: &str| {
        part.chars().any(char::is_alphabetic)
            && part.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c))
    };
    let (stem, ending) = chunk.rsplit_once('.')?;
    if is_name(stem) && FILE_ENDINGS.contains(&ending) && !chunk.starts_with("www.") {
        return Some("FILE");
    }
    let host = chunk.split('/').next().unwrap_or(chunk);
    let (name, domain) = host.rsplit_once('.')?;
    (is_name(name) && DOMAINS.contains(&domain)).then_some("HOST")
}

/// Words, runs of digits and single symbols.
fn split(chunk: &str, words: &mut Vec<String>) {
    let mut word = String::new();
    let mut was_digit = false;
    for c in chunk.chars() {
        let is_digit = c.is_ascii_digit() || (was_digit && c == '.');
        let is_letter = c.is_alphabetic() || c == '\'' || c == '’';
        if !word.is_empty() && (is_digit != was_digit || !(is_digit || is_letter)) {
            words.push(core::mem::take(&mut word));
        }
        if is_digit {
            // Which number it is makes no difference.
            word = "9".into();
        } else if is_letter {
            word.push(if c == '’' { '\'' } else { c });
        } else {
            words.push(c.to_string());
        }
        was_digit = is_digit;
    }
    if !word.is_empty() {
        words.push(word);
    }
}

/// The place of one word, or of several in a row.
fn place(words: &[&str]) -> usize {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0xFF]));
    ((hash(bytes) >> 20) % WORD_FEATURES as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_addresses_and_files_are_what_they_are() {
        for (request, expected) in [
            ("What's 12*(3+4)?", "^ what's 9 * ( 9 + 9 ) ? $"),
            ("get http://10.0.2.2:8000/a.txt now", "^ get URL now $"),
            ("open notes.txt, please", "^ open FILE please $"),
            ("what's on example.org?", "^ what's on HOST $"),
            ("at 7.30 or 1,234", "^ at 9 or 9 , 9 $"),
            ("", "^ $"),
        ] {
            assert_eq!(words(request).join(" "), expected, "{request}");
        }
    }

    #[test]
    fn the_vector_has_length_one() {
        let square: f32 = word_features("Tell me a joke.").iter().map(|x| x * x).sum();
        assert!((square - 1.0).abs() < 1e-5);
        assert_eq!(word_features("Add 3 and 5"), word_features("add 12 and 9"));
    }
}
