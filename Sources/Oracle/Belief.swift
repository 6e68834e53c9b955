/// What a careful reader would make of what was told of one subscription: the oracle's own reading of the rules in DESIGN §4, kept apart
/// from the engine's.
struct Belief: Hashable, Sendable {
    enum Life: Hashable, Sendable {
        case unpaid
        case running
        case stopped(Ending)
    }

    var life: Life = .unpaid
    var product = ""
    var paidThrough: Moment?
    var endsAt: Moment?
    var unpaidSince: Moment?
    private var unpaidDate: Moment?
    private var failedPayment = false
    /// Whether the first that was heard of money is that there was none.
    private var neverPaid = false
    var isRefunded = false
    private var isOneTime = false
    private var lastStatus: Telling.Status?
    /// What only lists have said so far.
    private var onlyListed: Set<Listed> = []
    private var isStoppedByList = false
    /// Whether a date ended it, and not a word.
    private var isOver = false

    private enum Listed { case product, end, failure }

    /// Reads everything that was told, in the order of the sender's revisions.
    init(_ tellings: [Telling]) {
        // Equal revisions stay in the order in which they were heard, where they are of the same moment.
        let ordered = tellings.enumerated().sorted {
            ($0.element.revision, $0.element.at, $0.offset) < ($1.element.revision, $1.element.at, $1.offset)
        }
        for telling in ordered { hear(telling.element) }
    }

    /// Whether it gives access at a moment.
    func answer(at moment: Moment, grace: Span) -> Answer {
        switch life {
        case .unpaid: return .no(.told)
        case .stopped(let ending): return .no(ending)
        case .running: break
        }
        if isRefunded { return .no(.told) }
        if let end, end <= moment { return .no(endedByDate) }
        if let unpaidSince {
            let over = max(unpaidSince, paidThrough ?? unpaidSince) + grace
            return over <= moment ? .no(onlyListed.contains(.failure) ? .inferred : .told) : .yes
        }
        if let paidThrough, paidThrough + grace <= moment { return .no(.inferred) }
        return .yes
    }

    /// When it should have been renewed, if nothing but that date having passed would end it at a moment; `nil` if anything was told.
    func unrenewed(at moment: Moment, grace: Span) -> Moment? {
        guard life == .running, !isRefunded, unpaidSince == nil, end.map({ $0 > moment }) ?? true,
            let paidThrough, paidThrough + grace <= moment
        else { return nil }
        return paidThrough
    }

    /// When what it gives ends if nothing more is heard; `nil` where nothing ends it.
    func expiry(grace: Span) -> Moment? {
        let over = unpaidSince.map { max($0, paidThrough ?? $0) + grace }
        if let end { return min(end, over ?? end) }
        return over ?? paidThrough.map { $0 + grace }
    }

    /// The moments at which the answer changes by itself.
    func turns(grace: Span) -> [Moment] {
        let over = unpaidSince.map { max($0, paidThrough ?? $0) + grace }
        return [end, over, paidThrough.map { $0 + grace }].compactMap(\.self)
    }

    /// How the change of a product took what it gave.
    var productChange: Ending { onlyListed.contains(.product) ? .inferred : .told }

    private var endedByDate: Ending { onlyListed.contains(.end) ? .inferred : .told }

    private var end: Moment? {
        endsAt.map { max($0, paidThrough ?? $0) }
    }

    private mutating func hear(_ telling: Telling) {
        if life == .running, let end, end <= telling.at {
            life = .stopped(endedByDate)
            isOver = true
        }
        guard telling.kind != .missed else { return miss(at: telling.at) }
        let paidBefore = paidThrough
        let (productBefore, endBefore) = (product, endsAt)
        product = telling.product ?? product
        take(telling.paidThrough, telling.endsAt)
        if telling.product != nil {
            note(.product, isListed: telling.kind == .listed, hasChanged: product != productBefore)
        }
        if telling.endsAt != .unsaid { note(.end, isListed: telling.kind == .listed, hasChanged: endsAt != endBefore) }
        switch telling.kind {
        case .created, .updated:
            if let status = telling.status { hear(status, telling, paidBefore: paidBefore) }
        case .paid: pay(telling)
        case .failed: fail(at: telling.at, isPayment: true)
        case .suspended:
            if telling.isByHand { stop(.decided) } else { fail(at: telling.at, isPayment: false) }
            lastStatus = .suspended
        case .unsuspended:
            reopen(telling)
            if !failedPayment { unpaidSince = nil }
            lastStatus = .active
        case .cancelled:
            // Without a date of its own it ends now, whatever was planned.
            if case .on(let end) = telling.endsAt, end > telling.at {} else { stop(.told) }
            lastStatus = .cancelled
        case .terminated:
            stop(.closed)
            lastStatus = .cancelled
        case .cancellationScheduled: endsAt = endsAt ?? paidThrough
        case .cancellationWithdrawn: endsAt = nil
        case .refunded: isRefunded = true
        case .listed: read(telling, paidBefore: paidBefore)
        case .missed: break
        }
        if telling.kind != .listed, telling.kind != .failed, telling.kind != .refunded { isStoppedByList = false }
    }

    private mutating func note(_ fact: Listed, isListed: Bool, hasChanged: Bool) {
        if !isListed { onlyListed.remove(fact) } else if hasChanged { onlyListed.insert(fact) }
    }

    private mutating func miss(at moment: Moment) {
        guard life == .running else { return }
        lastStatus = .cancelled
        isStoppedByList = true
        // What is to end at a date that is known ends then.
        if let endsAt, endsAt > moment { return }
        stop(.inferred)
    }

    /// What a list shows is its sender's view, which may be older than what we were told since: it opens only what a list had stopped,
    /// or what it shows to be paid for longer.
    private mutating func read(_ telling: Telling, paidBefore: Moment?) {
        guard let status = telling.status else { return }
        switch status {
        case .pending: fail(at: telling.at, isPayment: false, isListed: true)
        case .active:
            if life == .unpaid {
                life = .running
            } else if isStoppedByList || isLonger(telling.paidThrough, than: paidBefore) {
                reopen(telling)
            }
            if unpaidSince != nil, isOneTime || (paidThrough ?? telling.at) > (unpaidDate ?? telling.at) {
                unpaidSince = nil
            }
        case .pastDue: hear(.pastDue, telling, paidBefore: paidBefore)
        case .suspended where telling.isByHand: stop(.inferred)
        case .suspended: fail(at: telling.at, isPayment: false, isListed: true)
        case .cancelled:
            if let endsAt, endsAt > telling.at { break }
            stop(.inferred)
        }
        lastStatus = status
        isStoppedByList = status == .suspended || status == .cancelled
    }

    private func isLonger(_ paid: Telling.Date, than before: Moment?) -> Bool {
        guard case .on(let paid) = paid, let before else { return false }
        return paid > before
    }

    private mutating func take(_ paid: Telling.Date, _ end: Telling.Date) {
        switch paid {
        case .unsaid: break
        case .none:
            paidThrough = nil
            isOneTime = true
        case .on(let moment):
            paidThrough = moment
            isOneTime = false
        }
        switch end {
        case .unsaid: break
        case .none: endsAt = nil
        case .on(let moment): endsAt = moment
        }
    }

    private mutating func hear(_ status: Telling.Status, _ telling: Telling, paidBefore: Moment?) {
        switch status {
        case .pending: fail(at: telling.at, isPayment: false)
        case .active:
            // A date answers a date.
            let isAnswered = isOver && telling.endsAt != .unsaid
            if life == .unpaid { life = .running } else if lastStatus != .active || isAnswered { reopen(telling) }
            if unpaidSince != nil, isOneTime || (paidThrough ?? telling.at) > (unpaidDate ?? telling.at) {
                unpaidSince = nil
            }
        case .pastDue:
            // What is past due when it is first heard of was paid once.
            if life == .unpaid, lastStatus == nil, !neverPaid, let paidThrough {
                life = .running
                fail(at: min(paidThrough, telling.at), isPayment: false, isListed: telling.kind == .listed)
            }
            fail(at: telling.at, isPayment: false, isListed: telling.kind == .listed)
        case .suspended where telling.isByHand: stop(.decided)
        case .suspended: fail(at: telling.at, isPayment: false)
        case .cancelled: cancel(telling)
        }
        lastStatus = status
    }

    private mutating func pay(_ telling: Telling) {
        if case .stopped = life, telling.endsAt == .unsaid { endsAt = nil }
        if let endsAt, endsAt <= telling.at { self.endsAt = nil }
        // For how long it is paid now is not known then.
        if telling.paidThrough == .unsaid, let paid = paidThrough, paid <= telling.at { paidThrough = nil }
        unpaidSince = nil
        isRefunded = false
        life = .running
        lastStatus = telling.status ?? .active
    }

    private mutating func fail(at moment: Moment, isPayment: Bool, isListed: Bool = false) {
        if life == .unpaid, isPayment { neverPaid = true }
        guard life == .running, !isOneTime else { return }
        note(.failure, isListed: isListed, hasChanged: unpaidSince == nil)
        failedPayment = isPayment || (unpaidSince != nil && failedPayment)
        guard unpaidSince == nil else { return }
        unpaidSince = moment
        unpaidDate = paidThrough ?? moment
    }

    private mutating func cancel(_ telling: Telling) {
        if let endsAt, endsAt > telling.at { return }
        stop(.told)
    }

    private mutating func stop(_ ending: Ending) {
        if case .stopped(let known) = life, known != .inferred || ending == .inferred { return }
        life = .stopped(ending)
    }

    private mutating func reopen(_ telling: Telling) {
        guard case .stopped = life else { return }
        if let end, end <= telling.at { return }
        life = .running
    }
}

/// How access ended.
package enum Ending: Int, Hashable, Comparable, Sendable {
    /// A person decided it: it goes at once.
    case decided
    /// Billing closed it, and nothing can make up for that: it goes at once where it concerns few, or when a person approves it.
    case closed
    /// An event said so, or a grace of its own is over: it goes once the change has settled.
    case told
    /// Nobody said so: it goes where it concerns few, or when a person approves it.
    case inferred
    /// The owner's configuration or a server's name changed: it goes when a person approves it.
    case arranged
    /// What was bought is still paid, and the owner's configuration does not know it any more: what it gave stays.
    case never

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Whether a reason for access holds.
enum Answer: Hashable, Sendable {
    case yes
    case no(Ending)
}
