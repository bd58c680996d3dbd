import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';

const policy = (metrics = '') => `
source: { name: bank, url: "mysql://root@127.0.0.1" }
store: { bucket: archive, region: us-east-1 }
tables: [{ table: shop.orders, timeColumn: t }]
${metrics}`;

test('metrics have no address unless the policy or the environment names one, the environment first', () => {
  const bound = 'metrics: { bind: "127.0.0.1:9464" }';
  expect(parseConfig(policy(), 'test', {}).metrics).toEqual({});
  expect(parseConfig(policy(bound), 'test', {}).metrics).toEqual({ bind: '127.0.0.1:9464' });
  const environment = { SEDIMENT_METRICS: '[::]:9000' };
  expect(parseConfig(policy(bound), 'test', environment).metrics).toEqual({ bind: '[::]:9000' });
});

test('what is no address is refused, and says what to write', () => {
  expect(() => parseConfig(policy('metrics: { bind: localhost }'), 'test', {})).toThrow('Write 127.0.0.1:9464');
  expect(() => parseConfig(policy(), 'test', { SEDIMENT_METRICS: '9464' })).toThrow(
    'SEDIMENT_METRICS is "9464", which is no address and port',
  );
});
