//! `/remember`, `/recall`, `/forget`, `/memories`, `/ingest`, and memory on a disk.

use super::Bench;
use crate::testing::{FakeHost, ScriptedModel};
use alloc::rc::Rc;
use llm_inference::model::Role;
use llm_tools::Registry;
use system_platform::{BlockDevice, MemoryDisk, pace};
use system_storage::{FormatOptions, Store};

fn disk() -> Rc<MemoryDisk> {
    let disk = Rc::new(MemoryDisk::new(512, 8192));
    let options = FormatOptions { store: 7, segment_bytes: Some(64 << 10) };
    pace::run(Store::format(disk.clone(), options)).unwrap();
    disk
}

/// An agent that keeps its memories on a disk.
fn bench(disk: &Rc<MemoryDisk>) -> Bench {
    let mut bench = Bench::complete([]);
    let disk = disk.clone() as Rc<dyn BlockDevice>;
    let store = Rc::new(pace::run(Store::open(disk)).unwrap());
    pace::run(bench.agent.open_memory(store, &bench.recorder)).unwrap();
    bench
}

#[test]
fn what_is_remembered_is_there_after_a_restart_and_what_is_forgotten_is_not() {
    let disk = disk();
    let mut first = bench(&disk);
    first.succeed("/remember the gate code is 4417");
    first.succeed("/remember my sister's birthday is 4 May");
    let mut second = bench(&disk);
    assert_eq!(second.succeed("/recall what is the gate code?"), "the gate code is 4417");
    assert_eq!(second.succeed("/forget gate code"), "forgotten: the gate code is 4417");
    let mut third = bench(&disk);
    assert_eq!(third.succeed("/recall the gate code"), "nothing is remembered about that");
    let list = third.succeed("/memories");
    assert!(list.contains("**2** my sister's birthday is 4 May (fact, 2026-11-23)"), "{list}");
    assert!(list.contains("1 memory, 0 that hold no longer"), "{list}");
    assert!(list.contains("the store has "), "{list}");
}

#[test]
fn history_is_listed_and_a_memory_has_to_be_named_clearly_to_be_forgotten() {
    let mut bench = Bench::complete([]);
    for text in ["the gate code is 4417", "the gate code is 5521", "the gate is green"] {
        bench.succeed(&alloc::format!("/remember {text}"));
    }
    let history = bench.succeed("/memories history");
    assert!(history.contains("**1** the gate code is 4417 (fact, 2026-11-23, no longer since 2)"));
    assert!(history.contains("nothing of it will last"), "{history}");
    assert_eq!(
        bench.fail("/forget gate"),
        "several memories say \"gate\", so name one by its number: 2: the gate code is 5521; 3: \
         the gate is green"
    );
    assert_eq!(
        bench.fail("/forget boat"),
        "no memory says \"boat\"; `/memories` shows what there is"
    );
    assert_eq!(bench.fail("/forget 77"), "there is no memory 77");
    assert_eq!(bench.fail("/forget"), "usage: `/forget NUMBER|TEXT|PATH`");
    let forgotten = bench.succeed("/forget 2");
    assert_eq!(
        forgotten,
        "forgotten: the gate code is 5521; and its older version: the gate code is 4417"
    );
    assert!(bench.succeed("/memories").contains("1 memory, 0 that hold"));
}

#[test]
fn files_are_taken_in_cited_looked_at_again_and_forgotten() {
    let disk = disk();
    let mut bench = bench(&disk);
    assert_eq!(bench.succeed("/ingest notes.txt"), "- notes.txt: 1 part, 1 of them new");
    let recalled = bench.succeed("/recall when do I call the dentist?");
    assert!(recalled.ends_with("(notes.txt:1-2)"), "{recalled}");
    assert_eq!(
        bench.succeed("/ingest /"),
        "- data/temps.csv: 1 part, 1 of them new\n- todo.md: 1 part, 1 of them new\n- 1 file is \
         as known"
    );
    let files = bench.host.files.get().unwrap();
    files.put("notes.txt", "The dentist has moved to Friday.");
    assert_eq!(
        bench.succeed("/ingest"),
        "- notes.txt: 1 part, 1 of them new, 1 gone\n- 2 files are as known"
    );
    let recalled = bench.succeed("/recall when do I call the dentist?");
    assert_eq!(recalled, "The dentist has moved to Friday. (notes.txt:1)");
    files.put("todo.md", "- paint the fence");
    pace::run(bench.agent.refresh_files(&bench.recorder, &bench.cancel));
    let recalled = bench.succeed("/recall what about the fence?");
    assert_eq!(recalled, "- paint the fence (todo.md:1)");
    let list = bench.succeed("/memories files");
    assert!(list.contains("- notes.txt, 1 part\n"), "{list}");
    assert_eq!(bench.succeed("/forget notes.txt"), "forgotten: notes.txt, which had 1 part");
    assert!(bench.fail("/ingest nothing.txt").contains("nothing.txt"));
    files.put("data.bin", [0, 1, 2]);
    assert_eq!(bench.fail("/ingest data.bin"), "data.bin: the file is no text: byte 0 is 0x00");
}

#[test]
fn what_stands_in_files_is_told_to_the_model_as_data() {
    let mut bench = Bench::complete(["Friday."]);
    let files = bench.host.files.get().unwrap();
    files.put("notes.txt", "The dentist has moved to Friday.");
    bench.succeed("/ingest notes.txt");
    bench.say("On which day is the dentist, who has moved?");
    let told = bench.model().computed_text();
    assert!(told.contains("The dentist has moved to Friday. (notes.txt:1)"), "{told}");
    assert!(llm_context::outside::is_in(&told), "{told}");
}

#[test]
fn a_conversation_is_shown_again_as_the_person_saw_it() {
    let model = ScriptedModel::new(4096, []).with_parameters(135_000_000);
    let mut bench = Bench::with_host(Some(model), FakeHost::complete(), Registry::built_in());
    bench.host.files.get().unwrap().put("notes.txt", "The gate code is 4417.");
    bench.succeed("/ingest notes.txt");
    let question = "What was the gate code?";
    let events = bench.say(question);
    let reply = super::last_reply(&events);
    assert_eq!(reply, "The gate code is 4417. (notes.txt:1)");
    let kept = bench.agent.window.segments().last().unwrap().text();
    assert!(llm_context::outside::is_in(kept), "the model has it marked: {kept}");
    let shown = bench.agent.conversation(9);
    assert_eq!(shown, [(Role::User, question.into()), (Role::Assistant, reply.into())]);
    assert_eq!(bench.agent.conversation(1), [(Role::Assistant, reply.into())]);
}
