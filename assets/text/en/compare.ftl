# The words of two runs side by side.

compare = Side by side
compare-title = Puts a second run beside this one
compare-with = Compare with run { $run }
compare-align = Aligned
compare-start = By start
compare-start-title = Each run has its own distances, and is scrolled by itself
compare-step = By step
compare-step-title = Rows are evenly spaced: the tenth here stands beside the tenth there, and both move together
compare-time = By time
compare-time-title = The same height is the same time since each run began, and both are scrolled together
compare-ladder = Ladder of run { $run }
compare-run = run { $run }
compare-none = No run yet
compare-close = Close the run beside
compare-choose = Choose a run in Recent runs to put beside, with the button Compare with.
compare-file = Open a log beside
compare-opening = Opening run { $run } …
compare-knob = { $knob }: { $value }
compare-more = { $count ->
    [one] 1 more knob
   *[other] { $count } more knobs
}
compare-same = All knobs as in the other run
compare-yes = on
compare-no = off
compare-live = Live
compare-figures = Figures of both runs
compare-of = Run
compare-messages = Messages
compare-median = Delay, median
compare-slowest = Delay, p99
compare-lost = Messages lost
key-compare = From one of two runs to the other
