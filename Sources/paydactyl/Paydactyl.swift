import ArgumentParser

@main
struct Paydactyl: AsyncParsableCommand {}
