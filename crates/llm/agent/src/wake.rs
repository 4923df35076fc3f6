//! Waking up: what was scheduled is due. The person is told, and what is a request is carried out,
//! though nobody may be there to be asked.

use crate::{Agent, AgentEvent, Observer};
use alloc::format;
use core::sync::atomic::AtomicBool;
use llm_inference::model::LanguageModel;
use llm_tools::{router::Route, schedule::Moment};
use system_platform::Pacer;

/// A reminder that is so likely a request to a tool is carried out.
const SURELY_A_REQUEST: f32 = 0.6;

impl<M: LanguageModel> Agent<'_, M> {
    /// When [`Self::wake`] has something to do next, in nanoseconds since the start; it may be over.
    pub fn next_wake_ns(&self) -> Option<u64> {
        self.schedule.next_due_ns(Moment::of(self.host.machine()))
    }

    /// Does what is due by now.
    pub async fn wake<O: Observer + ?Sized>(
        &mut self,
        pacer: &impl Pacer,
        observer: &O,
        cancel: &AtomicBool,
    ) {
        for entry in self.schedule.take_due(Moment::of(self.host.machine())) {
            observer.on_event(&AgentEvent::Notice { text: &format!("Reminder: {}", entry.text) });
            // What somebody else had written into the schedule is told, not carried out.
            if self.model.is_none() || self.outside_state.has_reminder(&entry) {
                continue;
            }
            let question = self.look_at(&entry.text, observer).await;
            let route = self.route(&question, observer).await;
            // A larger model sees for itself whether something is asked of it.
            if !self.is_routed() || route.as_ref().is_some_and(is_request) {
                let was_attended = core::mem::replace(&mut self.is_attended, false);
                self.take_turn(&question, route, pacer, observer, cancel).await;
                self.is_attended = was_attended;
            }
        }
    }
}

/// Whether an entry asks for something that can be done, rather than reminding a person.
fn is_request(route: &Route) -> bool {
    // To be reminded of being reminded helps nobody.
    !matches!(route.tool(), None | Some("schedule" | "notify" | "remember" | "echo"))
        && route.confidence() >= SURELY_A_REQUEST
}
