mod assertions;
mod grants;
mod liveness;
mod rules;
mod sessions;
mod standing;
