package struct Subscription {}
