mod assertions;
mod direct_grants;
mod enterprises;
mod grants;
mod liveness;
mod rules;
mod sessions;
mod standing;
