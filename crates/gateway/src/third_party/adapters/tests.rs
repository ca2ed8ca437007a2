mod assertions;
mod enterprises;
mod grants;
mod liveness;
mod sessions;
mod standing;
