"""Who somebody is: the user model, and visitors known by a signed cookie. Rests on nothing of ours."""
