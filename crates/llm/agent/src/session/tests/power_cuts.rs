//! Power that goes while a session is written: afterwards it is the old one or the new one, wholly.

use super::{Records, adopt, bench, format, open, records, save, store};
use crate::tests::Bench;
use alloc::rc::Rc;
use system_platform::{BlockDevice, PowerCutDisk, pace};

/// What came of a save during which power went.
struct Cut {
    old: Records,
    new: Records,
    /// What the disk holds afterwards.
    found: Records,
    is_acknowledged: bool,
    /// What it holds after more has changed and was saved, and what it should hold.
    later: Records,
    expected: Records,
}

/// Saves on a disk whose power goes after `good` operations, at the end if there are fewer.
fn cut(good: u64, seed: u64) -> Cut {
    let disk = Rc::new(PowerCutDisk::new(512, 32_768, seed));
    format(Rc::<_>::clone(&disk) as Rc<dyn BlockDevice>);
    let store = open(&disk);
    let mut bench = bench(2048, ["One.", "Two."]);
    adopt(&mut bench.agent);
    bench.say("1?");
    save(&mut bench, &store);
    let old = records(&store);
    step(&mut bench);
    disk.cut_after(good);
    let is_acknowledged = pace::run(bench.agent.save_session(&store)).is_ok();
    if is_acknowledged {
        disk.cut();
    }
    drop(store);
    disk.power_on();
    let store = open(&disk);
    let found = records(&store);
    let new = written_anew(&mut bench);
    // What was perhaps written is taken back before the next save.
    bench.succeed("/undo");
    bench.succeed("/set temperature 0");
    save(&mut bench, &store);
    let expected = written_anew(&mut bench);
    Cut { old, new, found, is_acknowledged, later: records(&store), expected }
}

/// Changes records, adds some and has some vanish.
fn step(bench: &mut Bench) {
    bench.succeed("/undo");
    bench.say("2?");
    bench.succeed("/set temperature 0.5");
    bench.succeed("/tool calc 1+1");
    bench.succeed("/save trip");
}

/// The records of an agent in a store that held none.
fn written_anew(bench: &mut Bench) -> Records {
    let keeper = bench.agent.session.take();
    adopt(&mut bench.agent);
    let store = store();
    save(bench, &store);
    bench.agent.session = keeper;
    records(&store)
}

#[test]
fn a_cut_leaves_the_old_session_or_the_new_one() {
    let (mut olds, mut news) = (0, 0);
    for seed in 0..40 {
        for good in 0..6 {
            let Cut { old, new, found, is_acknowledged, later, expected } = cut(good, seed);
            assert_ne!(old, new);
            assert!(found == new || found == old && !is_acknowledged, "{good} {seed}");
            assert_eq!(later, expected, "{good} {seed}");
            olds += usize::from(found == old);
            news += usize::from(found == new);
        }
    }
    assert!(olds > 0 && news > 0, "{olds} {news}");
}
