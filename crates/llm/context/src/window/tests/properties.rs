//! What holds whatever is done to a window.

use super::*;
use crate::RecallSource;
use alloc::collections::BTreeSet;
use proptest::prelude::*;

const TEMPLATES: [Template; 5] = [
    Template::ChatMl,
    Template::Counting,
    Template::Alternating,
    Template::Folding,
    Template::Forgetful,
];
const POLICIES: [EvictionPolicy; 3] =
    [EvictionPolicy::OldestFirst, EvictionPolicy::LeastRecentlyUsed, EvictionPolicy::LeastRelevant];

/// Something that may be done to a window.
#[derive(Clone, Debug)]
enum Step {
    /// A question of so many bytes, texts recalled for it, and a reply.
    Ask(usize, Vec<usize>, usize),
    /// The result of a tool, and a reply.
    Tool(usize, usize),
    Undo,
    Repin(usize),
    Touch(u64),
    Score(u64, f32),
    Reserve(usize),
    SaveAndRestore,
    Policy(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let recalled = proptest::collection::vec(0_usize..60, 0..4);
    let step = prop_oneof![
        6 => (0_usize..160, recalled, 0_usize..60).prop_map(|(a, b, c)| Step::Ask(a, b, c)),
        2 => (0_usize..160, 0_usize..60).prop_map(|(a, b)| Step::Tool(a, b)),
        1 => Just(Step::Undo),
        1 => (0_usize..120).prop_map(Step::Repin),
        1 => (1_u64..20).prop_map(Step::Touch),
        1 => (1_u64..20, any::<f32>()).prop_map(|(a, b)| Step::Score(a, b)),
        1 => (10_usize..200).prop_map(Step::Reserve),
        1 => Just(Step::SaveAndRestore),
        1 => (0_usize..3).prop_map(Step::Policy),
    ];
    proptest::collection::vec(step, 1..30)
}

/// The window under test, and what must be true of it.
struct Checked {
    model: ScriptedModel,
    window: Window,
    /// Turns that there have been, but for those taken back.
    turns: BTreeSet<TurnId>,
    /// All numbers given so far.
    begun: BTreeSet<TurnId>,
}

impl Checked {
    fn push(
        &mut self,
        message: Message,
        sizes: &[usize],
        reply: usize,
    ) -> Result<(), TestCaseError> {
        let recalled = sizes.iter().enumerate().map(|(index, size)| Recalled {
            source: RecallSource::Memory(index as u64),
            text: "m".repeat(*size),
        });
        let recalled: Vec<Recalled> = recalled.collect();
        let is_question = message.role == Role::User;
        let before = self.window.clone();
        match self.window.push_question(&self.model, message.clone(), &recalled) {
            Err(_) => {
                prop_assert_eq!(self.window.segments(), before.segments());
                prop_assert_eq!(archived(&self.window), archived(&before));
                prop_assert_eq!(self.window.usage(), before.usage());
                return Ok(());
            }
            Ok(paging) => {
                let last = self.window.last_turn().unwrap();
                if is_question || before.last_turn().is_none() {
                    prop_assert!(self.begun.last().is_none_or(|newest| *newest < last));
                    prop_assert!(self.begun.insert(last));
                    self.turns.insert(last);
                }
                let paged_in = in_state(&self.window, SegmentState::PagedIn);
                let ours = paged_in.iter().filter(|segment| segment.turn == last);
                let tokens: usize = ours.clone().map(|segment| segment.tokens.len()).sum();
                if is_question {
                    prop_assert_eq!(ours.count() + paging.left_out.len(), recalled.len());
                    prop_assert!(tokens <= self.window.budget().recall());
                }
                prop_assert_eq!(&self.window.segments().last().unwrap().message, &message);
                for page_out in &paging.paged_out {
                    let turn = self.window.archive().get(page_out.turn).unwrap();
                    prop_assert_eq!(turn.messages.len(), page_out.messages);
                    prop_assert!(turn.tokens <= page_out.tokens);
                }
            }
        }
        let prompt = self.window.prompt(&self.model).unwrap();
        prop_assert!(prompt.len() <= self.window.budget().high_mark());
        // A reply as long as the window has room for.
        let reply = reply.min(self.window.reply_room(&self.model, prompt.len()).unwrap());
        reply_with(&self.model, &mut self.window, &"r".repeat(reply));
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Ask(question, recalled, reply) => {
                self.push(user(&"q".repeat(question)), &recalled, reply)?;
            }
            Step::Tool(result, reply) => {
                self.push(Message::new(Role::Tool, "t".repeat(result)), &[], reply)?;
            }
            Step::Undo => {
                let last = self.window.last_turn();
                let undone = self.window.undo(&self.model).unwrap();
                prop_assert_eq!(undone.is_some(), last.is_some());
                self.turns.retain(|turn| Some(*turn) != last);
            }
            Step::Repin(size) => {
                let before = self.window.clone();
                let mut pinned: Vec<Message> =
                    before.pinned.iter().map(|segment| segment.message.clone()).collect();
                pinned[0].content = "p".repeat(size);
                if self.window.repin(&self.model, &pinned).is_err() {
                    prop_assert_eq!(self.window.segments(), before.segments());
                    prop_assert_eq!(archived(&self.window), archived(&before));
                }
            }
            Step::Touch(turn) => {
                self.window.touch(TurnId(turn));
            }
            Step::Score(turn, score) => self.window.set_relevance(TurnId(turn), score),
            Step::Reserve(reserve) => {
                let limit = self.window.budget().limit();
                self.window.set_budget(Budget::new(limit, reserve).with_summary(limit / 5));
            }
            Step::SaveAndRestore => {
                let saved: Vec<_> = self.window.turns().map(|turn| turn.to_turn()).collect();
                self.window.restore(&self.model, saved.clone()).unwrap();
                let now: Vec<_> = self.window.turns().map(|turn| turn.to_turn()).collect();
                prop_assert_eq!(now, saved);
                // Numbers of turns taken back are known to the conversation only.
                self.begun = self.turns.clone();
            }
            Step::Policy(index) => self.window.set_policy(POLICIES[index]),
        }
        self.check()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let window = &self.window;
        let usage = window.usage();
        prop_assert_eq!(usage.used, window.tokens().len());
        prop_assert_eq!(usage.by_state.in_window(), usage.used);
        prop_assert!(usage.used <= usage.limit);
        assert_rendered(&self.model, window);
        // The pinned part, then at most one summary, then turns in order.
        let segments = window.segments();
        let pinned = segments.iter().take_while(|segment| segment.is_pinned()).count();
        prop_assert_eq!(pinned, window.pinned.len());
        prop_assert_eq!(in_state(window, SegmentState::Pinned).len(), pinned);
        let summaries = in_state(window, SegmentState::Summary);
        prop_assert!(summaries.len() <= 1);
        prop_assert!(summaries.iter().all(|it| core::ptr::eq(*it, &segments[pinned])));
        prop_assert!(segments[pinned..].is_sorted_by_key(|segment| segment.turn));
        // Every turn is in the window or in the archive, once.
        let (live, archived) = (live(window), archived(window));
        let mut all: Vec<u64> = live.iter().chain(&archived).copied().collect();
        all.sort_unstable();
        let known: Vec<u64> = self.turns.iter().map(|turn| turn.0).collect();
        prop_assert_eq!(all, known);
        let mut in_segments: Vec<u64> =
            segments[pinned + summaries.len()..].iter().map(|segment| segment.turn.0).collect();
        in_segments.dedup();
        prop_assert_eq!(in_segments, live);
        // No text of the window's own has been archived.
        let is_own = |text: &str| text.bytes().all(|byte| b"qtr".contains(&byte));
        let mut messages = window.archive().iter().flat_map(|turn| &turn.messages);
        prop_assert!(messages.all(|message| is_own(&message.content)));
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_window_keeps_its_promises(
        steps in steps(),
        limit in 250_usize..700,
        template in 0..TEMPLATES.len(),
    ) {
        let model = ScriptedModel::new(limit, []).with_template(TEMPLATES[template]);
        let budget = Budget::new(limit, limit / 4).with_summary(limit / 5);
        let window = window_with(&model, budget);
        let mut checked =
            Checked { model, window, turns: BTreeSet::new(), begun: BTreeSet::new() };
        for step in steps {
            checked.step(step)?;
        }
    }
}
