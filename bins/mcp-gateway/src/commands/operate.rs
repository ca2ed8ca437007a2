//! What commands on a gateway have in common.

use gateway::third_party::admin::{Channel, ChannelError, Command, Principal, Progress};
use serde::{Serialize, de::DeserializeOwned};

use super::{Failure, environment, output::shown, runtime};
use crate::{arguments::OperateArguments, logging};

/// Asks the gateway of the configuration, or its store if no gateway runs.
pub(crate) fn ask<Q: Serialize, A: DeserializeOwned>(
    arguments: &OperateArguments,
    command: Command<Q, A>,
    question: &Q,
    progress: impl FnMut(Progress),
) -> Result<A, Failure> {
    runtime(Some(2))?.block_on(async {
        let _rest = logging::start_for_command();
        let channel = Channel::open(&arguments.config, &environment).await?;
        let answer = channel.ask(command, question, progress).await;
        channel.close().await;
        Ok(answer?)
    })
}

/// A person as `--user` takes them.
pub(crate) fn person(principal: &Principal) -> String {
    format!("{}:{}", principal.provider, shown(Some(principal.subject.as_str())))
}

impl From<ChannelError> for Failure {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Configuration(error) => Self::Configuration(error),
            other => Self::asked(other),
        }
    }
}
