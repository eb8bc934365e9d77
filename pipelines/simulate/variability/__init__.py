"""How things vary: light curves as factors of the mean flux, and who has which."""
