//! What verification says of damaged files: never that they are sound, never nothing, and never too much.

mod damage {
    mod bits;
    mod causes;
    mod corruptions;
    mod displaced;
    mod lengths;
    mod many;
    mod pages;
    mod samples;
    mod secrets;
    mod small_buckets;
    mod unread;
    mod wrong_shapes;
}
