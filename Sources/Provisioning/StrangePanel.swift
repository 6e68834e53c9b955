import PterodactylAPI

/// The panel holds other things under the ids that we know: it was restored, or its address is wrong.
struct StrangePanel: Error, CustomStringConvertible {
    let description: String

    init(what: String) {
        description = """
            \(what). The panel was restored, or its address is wrong. Nothing is written until a person has looked. Once it is unlocked as it \
            is, ids that are others' by now are left to them, and who had them gets new ones, unless that is most of them.
            """
    }

    /// It shows none of the accounts that customers have there.
    init(without accounts: Int) {
        description = """
            None of the \(accounts) accounts that customers have there is there any more. The panel was set up anew or restored, its \
            address is wrong, or somebody deleted them all. Nothing is written until a person has looked; once it is unlocked as it is, all of them \
            are made anew.
            """
    }

    init(isAnother user: PanelUser.ID) {
        self.init(what: "User \(user) is another account than before (its uuid differs)")
    }

    init(isAnotherServer number: Int) {
        self.init(what: "Server \(number) is another than before (its uuid differs)")
    }
}
