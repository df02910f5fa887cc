// oidcc-formpost-basic-certification-test-plan: the basic plan with response_mode=form_post (OAuth 2.0 Form Post Response Mode).
import { plans as basic } from './basic.mjs';

const [{ registration, modules }] = basic;

export const plans = [
  {
    name: 'oidcc-formpost-basic-certification-test-plan',
    variant: 'server_metadata=discovery, client_registration=static_client, response_mode=form_post',
    registration,
    party: { formPost: true },
    modules,
    lacks: (metadata) => (metadata.response_modes_supported.includes('form_post') ? '' : 'not offered: form_post'),
  },
];
