//! Every path against a naive sum, over odd lengths and extreme values; runs natively and under wasm.

use super::{
    BLOCK_FACTOR_BYTES, BLOCK_ROWS, Gauge, block_estimates, block_rows, code_numbers, code_product, code_products,
    estimates_reaching, hadamard, inner_product, inner_products, portable, sign_table, squared_distance,
    squared_distances, whole_numbers,
};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod naive {
    pub fn inner_product(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    }

    pub fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum()
    }
}

fn floats(seed: u64, len: usize, scale: f32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 40) as f32 / (1 << 24) as f32 * 2.0 - 1.0) * scale
    };
    (0..len).map(|_| next()).collect()
}

fn check(dim: usize, scale: f32) {
    let query = floats(dim as u64, dim, scale);
    let rows = floats(dim as u64 + 1000, dim * 4, scale);
    let magnitude = f64::from(scale) * f64::from(scale) * dim.max(1) as f64;
    let (products, distances) = (inner_products(&query, &rows), squared_distances(&query, &rows));
    for at in 0..4 {
        let row = &rows[at * dim..][..dim];
        let product = inner_product(&query, row);
        let distance = squared_distance(&query, row);
        assert!((f64::from(product) - naive::inner_product(&query, row)).abs() <= 1e-5 * magnitude, "dim {dim}");
        assert!((f64::from(distance) - naive::squared_distance(&query, row)).abs() <= 4e-5 * magnitude, "dim {dim}");
        // One row or four, one path or the other: the same bits.
        assert_eq!(products[at].to_bits(), product.to_bits(), "dim {dim} row {at}");
        assert_eq!(distances[at].to_bits(), distance.to_bits(), "dim {dim} row {at}");
        assert_eq!(portable::inner_product(&query, row).to_bits(), product.to_bits(), "dim {dim}");
        assert_eq!(portable::squared_distance(&query, row).to_bits(), distance.to_bits(), "dim {dim}");
    }
    assert_eq!(portable::inner_products(&query, &rows), products);
    assert_eq!(portable::squared_distances(&query, &rows), distances);
}

#[test]
fn every_path_agrees_with_the_naive_sum_to_the_last_bit_of_each_other() {
    for dim in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 127, 384, 385, 1536, 4096] {
        for scale in [1.0, 1e-18, 1e15] {
            check(dim, scale);
        }
    }
}

#[test]
fn zeros_and_overflow_do_what_floats_do() {
    assert_eq!(inner_product(&[0.0; 9], &[0.0; 9]), 0.0);
    assert_eq!(squared_distance(&[f32::MAX; 5], &[-f32::MAX; 5]), f32::INFINITY);
    assert_eq!(inner_product(&[], &[]), 0.0);
}

#[test]
fn the_digits_are_those_of_milvus() {
    // Rows 2998, 1262, 2999 and 1580 of numpy's default_rng(19530), the data of Milvus's first tutorial, and the
    // distances that a Milvus server prints for them.
    let a = [0.6475687, 0.011976864, 0.5924749, 0.8082832, 0.70348865, 0.27177396, 0.90567046, 0.6784891];
    let b = [0.8053417, 0.05555872, 0.45443588, 0.73978287, 0.7321603, 0.25134894, 0.7374859, 0.7721508];
    assert_eq!(f64::from(squared_distance(&a, &b)), 0.08883658051490784);
    let a = [0.314156, 0.15629844, 0.85363173, 0.77644426, 0.082153395, 0.071039915, 0.25484216, 0.46181566];
    let b = [0.24077111, 0.18124923, 0.98084605, 0.66226995, 0.105954975, 0.15631585, 0.3590907, 0.51026684];
    assert_eq!(f64::from(squared_distance(&a, &b)), 0.05628091096878052);
}

fn bytes(seed: u64, len: usize, below: u32) -> Vec<u8> {
    floats(seed, len, 1.0).into_iter().map(|x| ((x + 1.0) / 2.0 * below as f32) as u32 as u8).collect()
}

#[test]
fn products_of_codes_are_exact_up_to_the_extremes() {
    for len in [0, 16, 32, 48, 384, 4096] {
        let numbers: Vec<i16> = floats(len as u64, len, 1023.0).into_iter().map(|x| x as i16).collect();
        let codes = bytes(len as u64 + 1, len, 128);
        for (numbers, codes) in
            [(numbers, codes), (vec![-1023; len], vec![127; len]), (vec![1023; len], vec![127; len])]
        {
            let naive: i64 = numbers.iter().zip(&codes).map(|(x, c)| i64::from(*x) * i64::from(*c)).sum();
            assert_eq!(i64::from(code_product(&numbers, &codes)), naive, "{len} codes");
            assert_eq!(i64::from(portable::code_product(&numbers, &codes)), naive, "{len} codes");
            let others = [bytes(2, len, 128), bytes(3, len, 128), bytes(4, len, 128)];
            let four = [&others[0], &others[1], &codes, &others[2]].map(Vec::as_slice);
            let expected = four.map(|codes| code_product(&numbers, codes));
            assert_eq!(code_products(&numbers, four), expected, "{len} codes");
            assert_eq!(portable::code_products(&numbers, four), expected, "{len} codes");
        }
    }
}

#[test]
fn codes_as_numbers_have_their_zero_at_64() {
    for len in [0, 16, 48, 4096] {
        let codes = bytes(len as u64, len, 128);
        let expected: Vec<i16> = codes.iter().map(|code| i16::from(*code) - 64).collect();
        let (mut numbers, mut portably) = (vec![7; len], vec![7; len]);
        code_numbers(&codes, &mut numbers);
        portable::code_numbers(&codes, &mut portably);
        assert_eq!((&numbers, &portably), (&expected, &expected));
    }
}

#[test]
fn estimates_of_blocks_agree_with_sums_over_the_signs() {
    for dim in [16, 32, 48, 384, 4096] {
        for most in [1, 57, 64] {
            // The signs of each row, from which the block is laid out anew here.
            let nibbles: Vec<Vec<u8>> = (0..BLOCK_ROWS).map(|row| bytes(row as u64 + 1, dim / 4, 16)).collect();
            let table = bytes(dim as u64, dim * 4, most);
            let factors = floats(3, BLOCK_ROWS, 2.0);
            let offsets = floats(4, BLOCK_ROWS, 100.0);
            let mut block = vec![0u8; dim * 4];
            for (row, nibbles) in nibbles.iter().enumerate() {
                for (four, nibble) in nibbles.iter().enumerate() {
                    block[16 * four + 2 * (row % 8) + row / 8 % 2] |= nibble << (row / 16 * 4);
                }
            }
            for number in factors.iter().chain(&offsets) {
                block.extend_from_slice(&number.to_le_bytes());
            }
            assert_eq!(block.len(), table.len() + BLOCK_FACTOR_BYTES);
            let gauge = Gauge { scale: 0.25, shift: -3.0 };
            let naive: Vec<f32> = nibbles
                .iter()
                .enumerate()
                .map(|(row, nibbles)| {
                    let entry = |(four, nibble): (usize, &u8)| u32::from(table[16 * four + usize::from(*nibble)]);
                    let sum: u32 = nibbles.iter().enumerate().map(entry).sum();
                    factors[row] * (0.25 * sum as f32 - 3.0) + offsets[row]
                })
                .collect();
            assert_eq!(block_estimates(&block, &table, gauge).as_slice(), naive, "{dim} dimensions");
            assert_eq!(portable::block_estimates(&block, &table, gauge).as_slice(), naive, "{dim} dimensions");
            let mut thresholds = naive.clone();
            thresholds.extend([f32::NEG_INFINITY, f32::INFINITY]);
            for threshold in thresholds {
                let above = |(row, estimate): (usize, &f32)| u32::from(*estimate >= threshold) << row;
                let expected: u32 = naive.iter().enumerate().map(above).sum();
                assert_eq!(block_rows(&block, &table, gauge, threshold), expected, "{dim} dimensions");
                assert_eq!(portable::block_rows(&block, &table, gauge, threshold), expected, "{dim} dimensions");
                let mut estimates = block_estimates(&block, &table, gauge);
                assert_eq!(estimates_reaching(&estimates, threshold), expected, "{dim} dimensions");
                assert_eq!(portable::estimates_reaching(&estimates, threshold), expected, "{dim} dimensions");
                estimates[7] = f32::NAN;
                assert_eq!(estimates_reaching(&estimates, threshold), expected & !(1 << 7), "{dim} dimensions");
                assert_eq!(portable::estimates_reaching(&estimates, threshold), expected & !(1 << 7));
            }
        }
    }
}

#[test]
fn the_hadamard_transform_agrees_with_its_definition() {
    for len in [16usize, 32, 256, 1024] {
        let values = floats(len as u64, len, 1.0);
        let signs: Vec<f32> = floats(len as u64 + 1, len, 1.0).into_iter().map(f32::signum).collect();
        let mut transformed = values.clone();
        hadamard(&mut transformed, &signs);
        for (row, found) in transformed.iter().enumerate() {
            let sign = |column: usize| if (row & column).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
            let term = |column: usize| f64::from(values[column]) * f64::from(signs[column]) * sign(column);
            let expected: f64 = (0..len).map(term).sum();
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{len}: {found} and {expected}");
        }
        let mut portably = values.clone();
        portable::hadamard(&mut portably, &signs);
        assert_eq!(portably, transformed);
    }
}

#[test]
fn tables_hold_every_combination_of_signs() {
    let steps: Vec<i16> =
        floats(5, 96, 7.9).into_iter().map(|x| x as i16).chain([7, 7, 7, 7, -7, -7, -7, -7]).collect();
    let mut table = vec![0; 4 * steps.len()];
    sign_table(&steps, &mut table);
    for (at, entry) in table.iter().enumerate() {
        let signs = at % 16;
        let sum: i16 = (0..4).map(|i| steps[at / 16 * 4 + i] * if signs >> i & 1 == 1 { 1 } else { -1 }).sum();
        assert_eq!(i16::from(*entry), 28 + sum, "entry {at}");
    }
    let mut portably = vec![0; 4 * steps.len()];
    portable::sign_table(&steps, &mut portably);
    assert_eq!(portably, table);
}

#[test]
fn whole_numbers_are_the_nearest_and_keep_within_their_bits() {
    let mut values = floats(6, 40, 1000.0);
    values.extend([0.5, 1.5, -0.5, -2.5, f32::MAX, f32::MIN, 0.0, f32::NAN]);
    let mut numbers = vec![0; values.len()];
    whole_numbers(&values, 1.0, &mut numbers);
    assert_eq!(numbers[40..], [0, 2, 0, -2, i16::MAX, i16::MIN, 0, 0]);
    assert!(values[..40].iter().zip(&numbers).all(|(value, number)| (value - f32::from(*number)).abs() <= 0.5));
    let mut portably = vec![0; values.len()];
    portable::whole_numbers(&values, 1.0, &mut portably);
    assert_eq!(portably, numbers);
}
