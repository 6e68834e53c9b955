/// Something that must never be, with the words to tell it in.
package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        case acknowledgedIsNeverLost = "An acknowledged event is never lost"
        case convergesWithoutAPerson = "When faults stop, the panel shows what should be"
        case validGrantNeverLoses = "Nobody with a valid grant loses access"
        case nobodyKeepsBeyond = "Nobody keeps permissions beyond their grant"
        case nothingTwice = "No account, row or server is there twice"
        case handMadeStays = "What people did by hand stays"
        case nothingUnpaidIsGiven = "Nobody is given what nothing grants"
        case lossesWait = "Losses wait for the other half of a change, or for a person"
        case manyLossesWait = "Losses of more than the owner allows wait for a person, all of them, and no others do"
        case serversStay = "A server of somebody's own is not deleted unless a person allows it"
        case olderLedgerWaits = "On a ledger that is older than the panel nothing is changed until a person says so"
        case strangersAreLeftAlone = "A panel that is not the one that was known is left alone"
        case panelIsLeftAlone = "A panel that asks to be left alone is left alone"
        case consoleIsSafe = "No command says what it should not"
        case runsAlike = "A seed runs alike each time"
    }

    package var rule: Rule
    package var at: Moment
    package var what: String

    package init(_ rule: Rule, at moment: Moment, _ what: String) {
        self.rule = rule
        self.at = moment
        self.what = what
    }

    package var description: String { "\(rule.rawValue): \(what)" }
}
