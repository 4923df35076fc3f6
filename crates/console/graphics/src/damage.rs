//! Which parts of the back buffer differ from the screen: a few rectangles.

use embedded_graphics::primitives::{PointsIter, Rectangle};

use crate::union;

/// How many rectangles are kept before the closest two are joined.
const MAX_AREAS: usize = 12;

/// A short list of rectangles that cover everything drawn since it was last cleared.
#[derive(Clone, Debug, Default)]
pub struct Damage {
    areas: [Option<Rectangle>; MAX_AREAS],
}

/// The pixels in a rectangle.
fn size_px(area: &Rectangle) -> u64 {
    u64::from(area.size.width) * u64::from(area.size.height)
}

impl Damage {
    /// Adds a rectangle, joined with those it nearly fills up together.
    pub fn add(&mut self, area: Rectangle) {
        if area.is_zero_sized() {
            return;
        }
        let mut area = area;
        // Joining may make another join worthwhile: at most one round for each slot.
        loop {
            let joined = self.areas.iter_mut().find_map(|slot| {
                let other = (*slot)?;
                let union = union(&area, &other);
                let is_cheap = size_px(&union) <= size_px(&area) + size_px(&other);
                is_cheap.then(|| {
                    *slot = None;
                    union
                })
            });
            match joined {
                Some(union) => area = union,
                None => break,
            }
        }
        if let Some(free) = self.areas.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(area);
            return;
        }
        let waste = |slot: &Option<Rectangle>| {
            slot.map_or(u64::MAX, |other| {
                size_px(&union(&area, &other)).saturating_sub(size_px(&other))
            })
        };
        if let Some(nearest) = self.areas.iter_mut().min_by_key(|slot| waste(slot)) {
            *nearest = Some(nearest.map_or(area, |other| union(&area, &other)));
        }
    }

    /// The rectangles, in no particular order; they may overlap a little.
    pub fn areas(&self) -> impl Iterator<Item = Rectangle> + '_ {
        self.areas.iter().filter_map(|slot| *slot)
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.areas().next().is_none()
    }

    /// How many pixels would be copied.
    pub fn len_px(&self) -> u64 {
        self.areas().map(|area| size_px(&area)).sum()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Damage {
    /// Whether every point of `area` lies in one of the rectangles. Slow: for tests.
    pub fn covers(&self, area: &Rectangle) -> bool {
        area.points().all(|point| self.areas().any(|damaged| damaged.contains(point)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rect;

    #[test]
    fn neighbours_join_and_distant_areas_stay_apart() {
        let mut damage = Damage::default();
        damage.add(rect(0, 0, 9, 20));
        damage.add(rect(9, 0, 9, 20));
        damage.add(rect(500, 400, 10, 10));
        assert_eq!(damage.areas().count(), 2);
        assert_eq!(damage.len_px(), 18 * 20 + 100);
    }

    #[test]
    fn many_scattered_areas_stay_covered_by_few() {
        let mut damage = Damage::default();
        for step in 0..200 {
            damage.add(rect(step * 37 % 640, step * 91 % 480, 5, 7));
        }
        assert!(damage.areas().count() <= MAX_AREAS);
        for step in 0..200 {
            assert!(damage.covers(&rect(step * 37 % 640, step * 91 % 480, 5, 7)));
        }
    }

    #[test]
    fn an_empty_rectangle_is_no_damage() {
        let mut damage = Damage::default();
        damage.add(rect(5, 5, 0, 9));
        assert!(damage.is_empty());
    }
}
