mod ending;
mod grants;
mod signing_in;
mod timeouts;

use std::time::Duration;

use oauth_types::GrantId;

use super::*;
use crate::{
    Authenticated,
    testing::{NOW, World, person},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn grant(number: u8) -> GrantId {
    GrantId::from_bytes([number; 16])
}

/// No grant was ever used.
#[expect(clippy::unnecessary_wraps, reason = "others do not know every grant")]
fn unseen(_: &GrantId) -> Option<UnixTime> {
    Some(UnixTime::EPOCH)
}

async fn world_with(limits: ThirdPartySessionLimits) -> World {
    World::with(crate::PendingLimits::default(), limits).await
}

impl World {
    async fn liveness(&self, who: &Authenticated) -> Liveness {
        self.sessions.liveness(who.session()).await.unwrap()
    }

    async fn grants_of(&self, who: &Authenticated) -> Vec<GrantId> {
        self.sessions.find(who.session()).await.unwrap().unwrap().grants
    }
}
