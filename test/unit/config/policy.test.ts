import { describe, expect, test } from 'vitest';
import { UnknownTable } from '../../../src/config/errors.ts';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { findPolicy, policyHash, type TablePolicy } from '../../../src/config/policy.ts';

const good = `source: { name: bank, url: 'mysql://u@127.0.0.1' }
store: { bucket: archive, region: us-east-1 }
defaults: { zone: Europe/Berlin }
tables:
  - { table: shop.orders, timeColumn: t }
`;
const config = (text: string) => parseConfig(text, 'sediment.yaml', {});

describe('a policy', () => {
  test('has one hash whatever the order of its keys, and another for any other word', () => {
    const policy = findPolicy(config(good), 'shop.orders');
    const turned = Object.fromEntries(Object.entries(policy).reverse()) as unknown as TablePolicy;
    expect(policyHash(policy)).toMatch(/^[0-9a-f]{64}$/);
    expect(policyHash(turned)).toBe(policyHash(policy));
    expect(policyHash(JSON.parse(JSON.stringify(policy)))).toBe(policyHash(policy));
    expect(policyHash({ ...policy, retention: 'P3M' })).not.toBe(policyHash(policy));
    expect(policyHash({ ...policy, allowTriggers: ['a'] })).not.toBe(policyHash(policy));
    const throttle = Object.fromEntries(Object.entries(policy.throttle).reverse()) as unknown as typeof policy.throttle;
    expect(policyHash({ ...policy, throttle })).toBe(policyHash(policy));
    expect(policyHash({ ...policy, throttle: { ...throttle, restRatio: 1 } })).not.toBe(policyHash(policy));
  });

  test('is found by name, and the near one is named otherwise', () => {
    const two = config(`${good}  - { table: 'shop.\`or.ders\`', timeColumn: t }\n`);
    expect(findPolicy(two, 'shop.orders').table).toBe('orders');
    expect(findPolicy(two, '`shop`.`orders`').table).toBe('orders');
    expect(findPolicy(two, 'shop.`or.ders`').table).toBe('or.ders');
    expect(findPolicy(two, 'shop.or.ders').table).toBe('or.ders');
    expect(() => findPolicy(two, 'shop.order')).toThrow(UnknownTable);
    expect(() => findPolicy(two, 'shop.order')).toThrow('Did you mean shop.orders? It is in sediment.yaml:5.');
    expect(() => findPolicy(two, 'warehouse.orders')).toThrow('Did you mean shop.orders? It is in sediment.yaml:5.');
    expect(() => findPolicy(two, 'x.y')).toThrow('The config knows shop.orders, shop.`or.ders`.');
  });
});

test('the example loads', () => {
  expect(loadConfig('sediment.example.yaml', {}).tables[0]).toMatchObject({ retention: 'P60D', purge: 'disabled' });
});

test('a table can lower its own floor', () => {
  const lower = good.replace('timeColumn: t', 'timeColumn: t, retention: P3D, minRetention: P1D');
  expect(config(lower).tables[0]).toMatchObject({ retention: 'P3D' });
});
