//! Tests of memory as a whole: what it finds, what survives, what becomes of damage.

use crate::{
    BoxFuture, Entry, Filter, Kind, Memory, MemoryError, NewEntry, TextEmbedder, WordEmbedder,
    ingest::{File, Ingested},
    memory::MAX_TEXT_BYTES,
    search::Question,
    upkeep::UnreadableReason,
};
use alloc::{boxed::Box, format, rc::Rc, string::String, vec, vec::Vec};
use core::cell::Cell;
use llm_index::{HnswOptions, VectorIndex};
use llm_inference::embedding::EmbedError;
use llm_tensor::CpuFeatures;
use system_platform::{BlockDevice, FaultyDisk, MemoryDisk, PowerCutDisk, pace};
use system_storage::{Batch, FormatOptions, Key, Store, StoreError};

/// Knows meaning as far as words go, and counts what it is asked.
struct Model {
    fingerprint: u64,
    asked: Cell<usize>,
}

impl Model {
    fn new(fingerprint: u64) -> Self {
        Self { fingerprint, asked: Cell::new(0) }
    }
}

impl TextEmbedder for Model {
    fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    fn knows_meaning(&self) -> bool {
        true
    }

    fn embed<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Vec<f32>, EmbedError>> {
        self.asked.set(self.asked.get() + 1);
        // Another model puts everything elsewhere.
        let mut vector = WordEmbedder::vector(text);
        vector.rotate_right(self.fingerprint as usize);
        vector[0] += 0.01;
        Box::pin(core::future::ready(Ok(vector)))
    }
}

fn say(memory: &mut Memory, text: &str, embedder: &dyn TextEmbedder) -> crate::Remembered {
    pace::run(memory.remember(NewEntry::fact(text, None), embedder)).unwrap()
}

fn memory(texts: &[&str]) -> Memory {
    let mut memory = Memory::default();
    for text in texts {
        say(&mut memory, text, &WordEmbedder);
    }
    memory
}

fn best<'m>(memory: &'m Memory, question: &str, embedder: &dyn TextEmbedder) -> &'m Entry {
    pace::run(memory.search(question, None, 1, embedder)).unwrap()[0].entry
}

fn texts(memory: &Memory) -> Vec<&str> {
    memory.entries().map(|entry| entry.text.as_str()).collect()
}

fn disk() -> Rc<FaultyDisk<MemoryDisk>> {
    let disk = Rc::new(FaultyDisk::new(MemoryDisk::new(512, 8192)));
    format(disk.clone());
    disk
}

fn format(disk: Rc<dyn BlockDevice>) {
    let options = FormatOptions { store: 7, segment_bytes: Some(64 << 10) };
    pace::run(Store::format(disk, options)).unwrap();
}

fn open(disk: Rc<dyn BlockDevice>) -> (Memory, Vec<crate::upkeep::Unreadable>) {
    let store = Rc::new(pace::run(Store::open(disk)).unwrap());
    pace::run(Memory::open(store)).unwrap()
}

/// Steps until nothing is left to do.
fn put_in_order(memory: &mut Memory, embedder: &dyn TextEmbedder) {
    for _ in 0..10_000 {
        if !pace::run(memory.maintain(embedder)).unwrap() {
            return;
        }
    }
    panic!("there is no end of it");
}

#[test]
fn finds_what_a_question_is_about() {
    let memory = memory(&[
        "my sister's birthday is 4 May",
        "the spare key is under the mat",
        "I prefer metric units",
    ]);
    let best = |question| best(&memory, question, &WordEmbedder).text.as_str();
    assert_eq!(best("When is my sister's birthday?"), "my sister's birthday is 4 May");
    assert_eq!(best("Where is the key?"), "the spare key is under the mat");
    assert!(pace::run(memory.search("wine", None, 2, &WordEmbedder)).unwrap().is_empty());
}

#[test]
fn the_same_again_replaces_and_another_subject_does_not() {
    let mut memory = memory(&["the gate code is 4417"]);
    let again = say(&mut memory, "The gate code is 4417.", &WordEmbedder);
    assert_eq!(again.replaced.as_deref(), Some("the gate code is 4417"));
    let other = say(&mut memory, "the safe code is 4417", &WordEmbedder);
    assert_eq!((other.replaced, other.superseded), (None, None));
    assert_eq!(memory.len(), 2);
    assert_eq!(pace::run(memory.forget(other.id)).unwrap()[0].text, "the safe code is 4417");
    let error = pace::run(memory.forget(other.id)).unwrap_err();
    assert_eq!(error, MemoryError::Unknown { id: other.id });
}

#[test]
fn a_newer_fact_makes_an_older_one_history_and_forgetting_takes_both() {
    let disk = disk();
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    let old = say(&mut memory, "the gate code is 4417", &model);
    let new = say(&mut memory, "the gate code is 5521", &model);
    assert_eq!(new.superseded.as_deref(), Some("the gate code is 4417"));
    // The same once more keeps the history.
    let again = say(&mut memory, "The gate code is 5521.", &model);
    for _ in 0..2 {
        assert_eq!(texts(&memory), ["The gate code is 5521."]);
        assert_eq!(memory.history().map(|entry| entry.id).collect::<Vec<_>>(), [old.id]);
        assert_eq!(memory.superseded_by(old.id).unwrap().id, again.id);
        let found = pace::run(memory.search("the gate code", None, 9, &model)).unwrap();
        assert_eq!(found.len(), 1);
        memory = open(disk.clone()).0;
    }
    assert_eq!(pace::run(memory.forget(again.id)).unwrap().len(), 2);
    assert_eq!((memory.len(), memory.history().count()), (0, 0));
    assert_eq!(open(disk).0.len(), 0);
}

#[test]
fn what_cannot_be_kept_changes_nothing() {
    let mut memory = memory(&["a fact"]);
    let mut remember =
        |text: &str| pace::run(memory.remember(NewEntry::fact(text, None), &WordEmbedder));
    assert_eq!(remember(" \n"), Err(MemoryError::Empty));
    let long = "x".repeat(MAX_TEXT_BYTES + 1);
    assert_eq!(remember(&long), Err(MemoryError::TooLong { len_bytes: MAX_TEXT_BYTES + 1 }));
    assert_eq!(memory.len(), 1);
}

#[test]
fn memories_are_the_same_after_a_restart() {
    let disk = disk();
    let model = Model::new(1);
    let (mut memory, unreadable) = open(disk.clone());
    assert!(unreadable.is_empty());
    let new = NewEntry {
        unix_s: Some(1_790_000_000),
        source: "web page",
        tags: &["garden".into()],
        importance: 0.9,
        is_from_outside: true,
        ..NewEntry::fact("tomatoes need water in the morning", None)
    };
    let kept = pace::run(memory.remember(new, &model)).unwrap();
    assert!(kept.is_durable);
    for number in 0..40 {
        say(&mut memory, &format!("box number {number} is in room {}", number * 7), &model);
    }
    let (again, unreadable) = open(disk);
    assert!(unreadable.is_empty());
    assert_eq!(again.entries, memory.entries);
    let asked = model.asked.get();
    for question in ["where is box number 17?", "tomatoes", "what is in room 49?"] {
        let [before, after] = [&memory, &again].map(|it| {
            let found = pace::run(it.search(question, None, 5, &model)).unwrap();
            found.iter().map(|found| (found.entry.id, found.score)).collect::<Vec<_>>()
        });
        assert_eq!(before, after, "{question}");
    }
    assert_eq!(model.asked.get(), asked + 6, "no vector of a memory is made again");
}

#[test]
fn another_model_makes_vectors_anew_in_the_background_and_words_find_until_then() {
    let disk = disk();
    let (first, second) = (Model::new(1), Model::new(2));
    let (mut memory, _) = open(disk.clone());
    for text in ["the spare key is under the mat", "I prefer metric units"] {
        say(&mut memory, text, &first);
    }
    let (mut memory, _) = open(disk.clone());
    assert_eq!(best(&memory, "the spare key", &second).text, "the spare key is under the mat");
    assert_eq!(pace::run(memory.search("the spare key", None, 1, &second)).unwrap()[0].cosine, 0.0);
    put_in_order(&mut memory, &second);
    assert_eq!(second.asked.get(), 2 + 2);
    assert!(pace::run(memory.search("the spare key", None, 1, &second)).unwrap()[0].cosine > 0.5);
    let (mut memory, _) = open(disk.clone());
    put_in_order(&mut memory, &second);
    assert_eq!(second.asked.get(), 5, "they are kept");
    // Without a model nothing of this is thrown away.
    put_in_order(&mut memory, &WordEmbedder);
    let words = say(&mut memory, "the boat is at pier 9", &WordEmbedder);
    assert_eq!(best(&memory, "which pier has the boat", &WordEmbedder).id, words.id);
    put_in_order(&mut memory, &second);
    assert_eq!(second.asked.get(), 6, "only the new one is made a vector");
}

#[test]
fn a_filter_leaves_out_what_it_does_not_take() {
    let model = Model::new(1);
    let mut memory = Memory::default();
    let tags = [String::from("work")];
    for (text, unix_s, tags) in [
        ("the meeting was about paint", Some(100), &tags[..]),
        ("the meeting was about wood", Some(200), &[][..]),
        ("the meeting was about nails", None, &tags[..]),
    ] {
        let new = NewEntry { tags, ..NewEntry::fact(text, unix_s) };
        pace::run(memory.remember(new, &model)).unwrap();
    }
    let text = "what was the meeting about?";
    let vector = pace::run(model.embed(text)).unwrap();
    let question = Question { text, vector: &vector, fingerprint: 1, now_unix_s: Some(300) };
    let find = |filter: Filter<'_>| {
        let mut ids: Vec<u64> =
            memory.find(&question, &filter, 9).iter().map(|found| found.entry.id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(find(Filter::default()), [1, 2, 3]);
    assert_eq!(find(Filter { tag: Some("work"), ..Filter::default() }), [1, 3]);
    assert_eq!(find(Filter { since_unix_s: Some(150), ..Filter::default() }), [2]);
    assert_eq!(find(Filter { until_unix_s: Some(150), ..Filter::default() }), [1]);
    assert_eq!(find(Filter { kind: Some(Kind::Chunk), ..Filter::default() }), [0_u64; 0]);
}

const NOTES: &str = "# House\n\nThe gate code is 4417.\n\n# Garden\n\nTomatoes need water in the \
                     morning.\n\n# Boat\n\nThe boat is at pier 9.\n";

fn take_in(memory: &mut Memory, text: &str, model: &Model) -> Ingested {
    let file = File { path: "notes.md", bytes: text.as_bytes(), unix_s: None };
    let mut steps = Vec::new();
    let done = pace::run(memory.ingest(file, model, &mut |done, all| steps.push((done, all))));
    let done = done.unwrap();
    if !done.is_unchanged() {
        assert_eq!(steps.last(), Some(&(done.chunks, done.chunks)));
    }
    done
}

#[test]
fn a_file_is_cited_by_line_and_taken_in_again_where_it_has_changed() {
    let disk = disk();
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    let first = take_in(&mut memory, NOTES, &model);
    assert_eq!(first, Ingested { chunks: 3, known: 0, removed: 0 });
    let found = best(&memory, "Where is the boat?", &model);
    assert_eq!(found.citation().as_deref(), Some("notes.md:9-11"));
    assert_eq!((found.under.as_str(), found.is_from_outside), ("Boat", true));
    let asked = model.asked.get();
    assert!(take_in(&mut memory, NOTES, &model).is_unchanged());
    let changed = NOTES.replace("pier 9", "pier 12");
    let (mut memory, _) = open(disk.clone());
    let second = take_in(&mut memory, &changed, &model);
    assert_eq!(second, Ingested { chunks: 3, known: 2, removed: 1 });
    assert_eq!(model.asked.get(), asked + 1, "only what has changed is made a vector");
    assert!(best(&memory, "Where is the boat?", &model).text.contains("pier 12"));
    assert_eq!(pace::run(memory.forget_file("notes.md")).unwrap(), Some(3));
    assert_eq!(pace::run(memory.forget_file("notes.md")).unwrap(), None);
    assert_eq!(open(disk).0.len(), 0);
    let binary = File { path: "a.txt", bytes: &[0, 1, 2], unix_s: None };
    let error = pace::run(memory.ingest(binary, &model, &mut |_, _| {})).unwrap_err();
    assert_eq!(format!("{error}"), "a.txt: the file is no text: byte 0 is 0x00");
}

#[test]
fn what_is_forgotten_is_off_the_disk_when_all_is_in_order() {
    let disk = Rc::new(PowerCutDisk::new(512, 8192, 1));
    format(disk.clone());
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    say(&mut memory, "I prefer metric units", &model);
    let secret = say(&mut memory, "the password is xyzzy-plugh", &model);
    put_in_order(&mut memory, &model);
    assert!(disk.holds(b"xyzzy-plugh"));
    pace::run(memory.forget(secret.id)).unwrap();
    put_in_order(&mut memory, &model);
    assert!(!disk.holds(b"xyzzy-plugh"));
    assert!(disk.holds(b"metric units"));
}

#[test]
fn a_store_that_fails_acknowledges_nothing_and_what_was_is_still_there() {
    let disk = disk();
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    say(&mut memory, "I prefer metric units", &model);
    disk.set_gone(true);
    let new = NewEntry::fact("the boat is at pier 9", None);
    let error = pace::run(memory.remember(new, &model)).unwrap_err();
    assert!(matches!(error, MemoryError::Store(StoreError::Device(_))), "{error}");
    assert_eq!(texts(&memory), ["I prefer metric units"]);
    assert!(pace::run(memory.forget(1)).is_err());
    assert_eq!(memory.len(), 1);
    disk.set_gone(false);
    assert_eq!(texts(&open(disk).0), ["I prefer metric units"]);
}

#[test]
fn records_that_say_nothing_are_named_and_left_alone() {
    let disk = disk();
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    say(&mut memory, "I prefer metric units", &model);
    let store = memory.store().unwrap().clone();
    let bad = Key::new(crate::kinds::MEMORY, 9);
    let mut batch = Batch::new();
    batch.put(bad, vec![1, 2]);
    pace::run(store.commit(batch)).unwrap();
    drop((store, memory));
    let (mut memory, unreadable) = open(disk.clone());
    assert_eq!(unreadable.len(), 1);
    assert_eq!(unreadable[0].key, bad);
    assert!(matches!(unreadable[0].reason, UnreadableReason::Record(_)));
    assert_eq!(format!("{}", unreadable[0]), "memory record 1/9: the record ends after 2 bytes");
    assert_eq!(say(&mut memory, "the boat is at pier 9", &model).id, 10, "its number is taken");
    assert_eq!(open(disk).1.len(), 1);
}

#[test]
fn a_saved_index_is_used_and_a_damaged_one_is_built_anew() {
    let disk = disk();
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    memory.adopt(&model);
    let graph = VectorIndex::with_limit(CpuFeatures::detect(), 384, 20, HnswOptions::default());
    memory.vectors.index = Some(graph.unwrap());
    for number in 0..60 {
        say(&mut memory, &format!("box number {number} is in room {}", number * 7), &model);
    }
    put_in_order(&mut memory, &model);
    // What came or went since it was saved is made good.
    pace::run(memory.forget(30)).unwrap();
    let late = say(&mut memory, "the boat is at pier 9", &model);
    let (memory, _) = open(disk.clone());
    let index = memory.vectors.index.as_ref().unwrap();
    assert_eq!(memory.vectors.unsaved, 2, "one that came, one that went; the others were saved");
    assert_eq!(index.len(), 60);
    assert!(!index.contains(30));
    assert_eq!(best(&memory, "which pier is the boat at?", &model).id, late.id);

    let store = memory.store().unwrap().clone();
    let key = Key::new(crate::kinds::INDEX, 1);
    let mut bytes = pace::run(store.get(key)).unwrap().unwrap();
    bytes[100] ^= 1;
    let mut batch = Batch::new();
    batch.put(key, bytes);
    pace::run(store.commit(batch)).unwrap();
    drop((store, memory));
    let (memory, _) = open(disk);
    let index = memory.vectors.index.as_ref().unwrap();
    assert_eq!((memory.vectors.unsaved, index.len()), (60, 60));
    assert_eq!(best(&memory, "which pier is the boat at?", &model).id, late.id);
}

#[test]
fn a_full_disk_is_said_and_forgetting_makes_room_again() {
    let disk = Rc::new(MemoryDisk::new(512, 1536));
    format(disk.clone());
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    let text = |number: u64| format!("box {number} {}", "holds many things ".repeat(200));
    let error = (0..1000).find_map(|number| {
        let text = text(number);
        pace::run(memory.remember(NewEntry::fact(&text, None), &model)).err()
    });
    let error = error.expect("such a disk holds no thousand such texts");
    assert!(matches!(error, MemoryError::Store(StoreError::Full { .. })), "{error}");
    assert!(format!("{error}").contains("the store is full"), "{error}");
    let kept = memory.len();
    assert_eq!(open(disk.clone()).0.len(), kept, "all that was acknowledged is there");
    let (mut memory, _) = open(disk);
    for id in 1..=kept as u64 / 2 {
        pace::run(memory.forget(id)).unwrap();
    }
    say(&mut memory, &text(2000), &model);
}

#[test]
fn a_store_for_reading_is_searched_and_refuses_what_is_new() {
    let disk = disk();
    let model = Model::new(1);
    let (mut memory, _) = open(disk.clone());
    say(&mut memory, "I prefer metric units", &model);
    drop(memory);
    let store = Rc::new(pace::run(Store::open_read_only(disk)).unwrap());
    let (mut memory, _) = pace::run(Memory::open(store)).unwrap();
    put_in_order(&mut memory, &model);
    assert_eq!(best(&memory, "which units?", &model).text, "I prefer metric units");
    let new = NewEntry::fact("the boat is at pier 9", None);
    let error = pace::run(memory.remember(new, &model)).unwrap_err();
    assert_eq!(error, MemoryError::Store(StoreError::ReadOnly));
    assert_eq!(memory.len(), 1);
}
